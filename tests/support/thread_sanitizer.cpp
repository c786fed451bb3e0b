// An exception in a future goes with whichever thread lets go of it last. libstdc++ counts its holders with
// atomics that the thread sanitizer does not see, since that library is not instrumented, so that it takes
// this end for a race.

#include "tests/support/sanitizers.hpp"

#ifdef T3API_TEST_THREAD_SANITIZER
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:^t3api::exception::~exception\n"
         "race:^std::logic_error::~logic_error\n"
         "race:^std::runtime_error::~runtime_error\n"
         "race:^std::__exception_ptr::exception_ptr::_M_release\n";
}
#endif
