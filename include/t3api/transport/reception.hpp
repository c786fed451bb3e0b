#ifndef T3API_TRANSPORT_RECEPTION_HPP
#define T3API_TRANSPORT_RECEPTION_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/transport/limits.hpp>

namespace t3api::inline v0_1_0::detail {

/// An answer while it comes in, and what turned out to be wrong with it.
class reception {
 public:
  reception(std::size_t max_body_bytes, bool understands_gzip)
      : max_body_bytes_(max_body_bytes), understands_gzip_(understands_gzip) {}

  /// Takes status and headers; false when they are at fault.
  bool take_headers(int status, headers fields) {
    has_headers_ = true;
    answer_.status = status;
    answer_.headers = std::move(fields);
    fault_ = framing_fault();
    if (!fault_.empty()) return false;
    const auto announced = parse_decimal(answer_.headers.get("Content-Length").value_or("0"));
    if (*announced > max_body_bytes_) {
      fault_ = body_too_large(max_body_bytes_);
      return false;
    }
    answer_.body.reserve((std::min<std::size_t>)(*announced, 1U << 20U));
    return true;
  }

  /// Takes a piece of the unpacked body; false when it is too much.
  bool take_body(const char* data, std::size_t size) {
    last_progress_ = std::chrono::steady_clock::now();
    if (size > max_body_bytes_ - answer_.body.size()) {
      fault_ = body_too_large(max_body_bytes_);
      return false;
    }
    answer_.body.append(data, size);
    return true;
  }

  bool has_headers() const noexcept { return has_headers_; }
  const std::string& fault() const noexcept { return fault_; }
  const response& answer() const noexcept { return answer_; }
  response&& take_answer() noexcept { return std::move(answer_); }

  /// When a piece of the body last came; long ago when none did.
  steady_time last_progress() const noexcept { return last_progress_; }

  bool closes_connection() const noexcept {
    return iequals(answer_.headers.get("Connection").value_or(""), "close");
  }

  /// Whether the body had no length of its own, so that only the end of the connection ends it.
  bool ends_with_connection() const noexcept {
    return answer_.status != 204 && answer_.status != 304 && !answer_.headers.contains("Content-Length") &&
           !answer_.headers.contains("Transfer-Encoding");
  }

 private:
  /// What is wrong with the headers that say how to read the body (RFC 9112 section 6.3); empty when nothing
  /// is.
  std::string framing_fault() const {
    if (answer_.status < 100 || answer_.status > 599) return "the answer's status is none of HTTP";
    const auto length = answer_.headers.get("Content-Length");
    for (const auto& [name, value] : answer_.headers) {
      if (name.find_first_of(" \t") != name.npos) return "the answer has a header with a space in its name";
      if (iequals(name, "Content-Length") && (!parse_decimal(value) || value != *length)) {
        return "the answer's Content-Length is not one number";
      }
    }
    const auto coding = answer_.headers.get("Transfer-Encoding");
    if (coding && !iequals(*coding, "chunked"))
      return "the answer has a Transfer-Encoding other than chunked";
    if (length && coding) {
      return "the answer has both Content-Length and Transfer-Encoding, so its end is uncertain";
    }
    const auto encoding = answer_.headers.get("Content-Encoding").value_or("identity");
    const bool readable = iequals(encoding, "identity") ||
                          (understands_gzip_ && (iequals(encoding, "gzip") || iequals(encoding, "deflate")));
    return readable ? std::string() : "the answer is compressed in a way that was not asked for";
  }

  const std::size_t max_body_bytes_;
  const bool understands_gzip_;
  response answer_;
  std::string fault_;
  steady_time last_progress_{};
  bool has_headers_ = false;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
