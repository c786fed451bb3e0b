#ifndef T3API_CORE_CALL_EXECUTOR_HPP
#define T3API_CORE_CALL_EXECUTOR_HPP

#include <functional>

namespace t3api::inline v0_1_0 {

/// Runs asynchronous calls: takes a job and runs it once, soon, on some thread. Anything that takes a nullary
/// callable will do, such as `[&pool](auto job) { asio::post(pool, job); }`.
using call_executor = std::function<void(std::function<void()>)>;

}  // namespace t3api::inline v0_1_0

#endif
