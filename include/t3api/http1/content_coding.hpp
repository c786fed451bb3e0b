#ifndef T3API_HTTP1_CONTENT_CODING_HPP
#define T3API_HTTP1_CONTENT_CODING_HPP

// Content codings (RFC 9110 section 8.4), by zlib. A program that links zlib (-lz) defines T3API_WITH_ZLIB in
// all of its files; the CMake target t3api::t3api does where zlib is installed. cpp-httplib's macro
// CPPHTTPLIB_ZLIB_SUPPORT will do, too. Without either no answer is asked for packed.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/headers.hpp>
#include <t3api/http1/fields.hpp>

#if defined(T3API_WITH_ZLIB) || defined(CPPHTTPLIB_ZLIB_SUPPORT)
#define T3API_DETAIL_ZLIB
#if !__has_include(<zlib.h>)
#error \
    "T3API_WITH_ZLIB or CPPHTTPLIB_ZLIB_SUPPORT is defined, and there is no <zlib.h>: install it (Debian: zlib1g-dev), or take the macro away"
#endif
#include <zlib.h>
#if defined(__ELF__) && !defined(T3API_WITH_ZLIB)
// cpp-httplib's flags say that zlib is there, not that the program links it: used if it does.
#define T3API_DETAIL_PERHAPS_ZLIB
#pragma weak inflateInit2_
#pragma weak inflateReset
#pragma weak inflate
#pragma weak inflateEnd
#endif
#endif

namespace t3api::inline v0_1_0::detail::http1 {

#ifdef __ELF__
// Files that differ in the macro do not link: the linker refuses a name that is thread-local in one file
// only, and tells it.
#ifdef T3API_DETAIL_ZLIB
[[gnu::used]] inline thread_local const char define_T3API_WITH_ZLIB_in_all_files_or_in_none = 0;
#else
[[gnu::used]] inline const char define_T3API_WITH_ZLIB_in_all_files_or_in_none = 0;
#endif
#endif

/// How a body is packed. `unknown`: in a way that is not understood here, or in several.
enum class coding { identity, gzip, deflate, unknown };

/// Whether packed bodies can be unpacked here.
inline bool can_unpack() noexcept {
#if defined(T3API_DETAIL_PERHAPS_ZLIB)
  return ::inflateInit2_ != nullptr && ::inflateReset != nullptr && ::inflate != nullptr &&
         ::inflateEnd != nullptr;
#elif defined(T3API_DETAIL_ZLIB)
  return true;
#else
  return false;
#endif
}

/// What the fields Content-Encoding say; names count in upper and lower case.
inline coding read_coding(const headers& fields) noexcept {
  auto found = coding::identity;
  for (const auto& [name, value] : fields) {
    if (!iequals(name, "Content-Encoding")) continue;
    std::string_view list = value;
    while (const auto element = take_element(list)) {
      if (iequals(*element, "identity")) continue;
      const bool first = found == coding::identity;
      found = coding::unknown;
      if (!first || !can_unpack()) continue;
      if (iequals(*element, "gzip") || iequals(*element, "x-gzip")) found = coding::gzip;
      if (iequals(*element, "deflate")) found = coding::deflate;
    }
  }
  return found;
}

/// How unpacking went.
enum class unpacked { whole, broken, too_large };

#ifdef T3API_DETAIL_ZLIB

/// Appends what `packed` holds to `body`, at most `most_bytes` in all. Whole means: every stream came to its
/// end and had the right checksum, and nothing else is there but zeros (RFC 1952 section 2.2: a file is a
/// series of members).
inline unpacked unpack(coding how, std::string_view packed, std::string& body, std::size_t most_bytes) {
  constexpr int gzip_format = 15 + 16, zlib_format = 15, raw_format = -15;
  struct inflater : ::z_stream {
    explicit inflater(int format) : ::z_stream() { ready = ::inflateInit2(this, format) == Z_OK; }
    ~inflater() { ::inflateEnd(this); }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;
    bool ready = false;
  };
  // "deflate" means the zlib format (RFC 9110 section 8.4.1.2); some servers send it without its wrapper.
  const auto first = packed.empty() ? 0U : static_cast<unsigned char>(packed[0]);
  const auto second = packed.size() < 2 ? 0U : static_cast<unsigned char>(packed[1]);
  const bool wrapped = (first & 0x0FU) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
  inflater stream(how == coding::gzip ? gzip_format : wrapped ? zlib_format : raw_format);
  if (!stream.ready) return unpacked::broken;
  most_bytes = (std::min)(most_bytes, body.max_size() - 1);

  constexpr std::size_t piece = 1U << 20U;  // So that sizes fit into zlib's unsigned int.
  std::size_t size = body.size();
  while (true) {
    if (size == body.size()) {
      if (size > most_bytes) return unpacked::too_large;
      const auto grown = (std::max)({2 * size, 4 * packed.size(), std::size_t{1024}});
      body.resize((std::min)({grown, size + 16 * piece, most_bytes + 1}));
    }
    const auto take = (std::min)(packed.size(), piece);
    const auto room = (std::min)(body.size() - size, piece);
    stream.next_in = reinterpret_cast<::Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<::uInt>(take);
    stream.next_out = reinterpret_cast<::Bytef*>(body.data() + size);
    stream.avail_out = static_cast<::uInt>(room);
    const int state = ::inflate(&stream, Z_NO_FLUSH);
    packed.remove_prefix(take - stream.avail_in);
    size += room - stream.avail_out;
    if (state == Z_STREAM_END) {
      const bool only_zeros = packed.find_first_not_of('\0') == packed.npos;
      if (only_zeros) break;
      if (how != coding::gzip || ::inflateReset(&stream) != Z_OK) return unpacked::broken;
    } else if (state != Z_OK && !(state == Z_BUF_ERROR && stream.avail_out == 0)) {
      return unpacked::broken;
    }
  }
  if (size > most_bytes) return unpacked::too_large;
  body.resize(size);
  return unpacked::whole;
}

#else

inline unpacked unpack(coding, std::string_view, std::string&, std::size_t) { return unpacked::broken; }

#endif

}  // namespace t3api::inline v0_1_0::detail::http1

#endif
