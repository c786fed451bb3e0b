#ifndef T3API_CORE_RESPONSE_HPP
#define T3API_CORE_RESPONSE_HPP

#include <string>

#include <t3api/core/headers.hpp>
#include <t3api/core/json_fwd.hpp>
#include <t3api/core/result.hpp>

namespace t3api::inline v0_1_0 {

/// One HTTP answer.
struct response {
  int status = 0;            ///< HTTP's, such as 200.
  t3api::headers headers{};  ///< As they were received.
  std::string body{};        ///< Unpacked, if it came packed.

  /// The body as JSON, as `parse_json` reads it. A `protocol` error when it is none, and when a value could
  /// not be held as it was sent, such as NaN or an integer of more than 64 bits: its message names byte and
  /// place. Needs t3api/core/json.hpp.
  result<nlohmann::json> json() const;
};

}  // namespace t3api::inline v0_1_0

#endif
