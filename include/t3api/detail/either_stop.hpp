#ifndef T3API_DETAIL_EITHER_STOP_HPP
#define T3API_DETAIL_EITHER_STOP_HPP

#include <t3api/detail/stop_token.hpp>

namespace t3api::inline v0_1_0::detail {

/// Asks to stop as soon as one of two others does.
class either_stop {
 public:
  either_stop(const stop_token& first, const stop_token& second)
      : first_(first, forward{source_}), second_(second, forward{source_}) {}
  either_stop(const either_stop&) = delete;
  either_stop& operator=(const either_stop&) = delete;

  stop_token token() const { return source_.get_token(); }

 private:
  struct forward {
    stop_source source;
    void operator()() { source.request_stop(); }
  };

  stop_source source_;
  stop_callback<forward> first_;
  stop_callback<forward> second_;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
