#ifndef T3API_DETAIL_STOPPABLE_CONDITION_HPP
#define T3API_DETAIL_STOPPABLE_CONDITION_HPP

#include <condition_variable>
#include <version>

#include <t3api/detail/own_stop_token.hpp>

namespace t3api::inline v0_1_0::detail {

#ifdef __cpp_lib_jthread
using stoppable_condition = std::condition_variable_any;
#else
using own::stoppable_condition;
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif
