#ifndef T3API_SANDBOX_HTTP_ANSWER_FORM_HPP
#define T3API_SANDBOX_HTTP_ANSWER_FORM_HPP

#include <functional>
#include <string_view>

#include <t3api/core/response.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Takes the next bytes of an answer; false when nobody wants more. The view lives for the call only.
using byte_sink = std::function<bool(std::string_view bytes)>;

/// How an answer is to be written.
struct answer_form {
  bool head_only = false;
  bool close = false;                  ///< It is the last of its connection.
  std::string_view accept_encoding{};  ///< That header of the request.
};

/// Gives the bytes of an answer to a sink.
using answer_writer = std::function<void(response answer, const answer_form& form, const byte_sink& out)>;

}  // namespace t3api::inline v0_1_0::sandbox

#endif
