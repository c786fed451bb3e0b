#ifndef T3API_API_SHAPES_HPP
#define T3API_API_SHAPES_HPP

#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/error.hpp>

namespace t3api::inline v0_1_0::detail {

/// The error for an answer that is JSON but not what the endpoint gives.
inline error unexpected_shape(const std::string& path, const std::string& expected) {
  return {.category = error_category::protocol,
          .message = "the answer to " + path + " is not " + expected + ": is the host setting right?",
          .status = 200,
          .sent = true};
}

}  // namespace t3api::inline v0_1_0::detail

#endif
