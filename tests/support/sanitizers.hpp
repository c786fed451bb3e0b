#ifndef T3API_TESTS_SUPPORT_SANITIZERS_HPP
#define T3API_TESTS_SUPPORT_SANITIZERS_HPP

// Which sanitizers a test is compiled with, for what cannot be done under them.

#if defined(__SANITIZE_THREAD__)
#define T3API_TEST_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define T3API_TEST_THREAD_SANITIZER
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define T3API_TEST_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define T3API_TEST_ADDRESS_SANITIZER
#endif
#endif

/// Defined when a sanitizer has taken the place of malloc and of operator new.
#if defined(T3API_TEST_THREAD_SANITIZER) || defined(T3API_TEST_ADDRESS_SANITIZER)
#define T3API_TEST_SANITIZED
#endif

#endif
