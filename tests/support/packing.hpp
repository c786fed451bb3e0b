#ifndef T3API_TESTS_SUPPORT_PACKING_HPP
#define T3API_TESTS_SUPPORT_PACKING_HPP

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <t3api/http1/content_coding.hpp>

namespace t3api::test {

/// A body in the transfer coding "chunked", in chunks of `size` bytes.
inline std::string chunked(std::string_view body, std::size_t size = 7) {
  std::string wire;
  while (!body.empty()) {
    const auto piece = body.substr(0, size);
    body.remove_prefix(piece.size());
    char line[20];
    std::snprintf(line, sizeof line, "%zX\r\n", piece.size());
    ((wire += line) += piece) += "\r\n";
  }
  return wire + "0\r\n\r\n";
}

#ifdef T3API_DETAIL_ZLIB

enum class packing { gzip = 15 + 16, zlib = 15, raw_deflate = -15 };

inline std::string pack(std::string_view text, packing how = packing::gzip) {
  ::z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, static_cast<int>(how), 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

#endif

}  // namespace t3api::test

#endif
