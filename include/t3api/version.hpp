#ifndef T3API_VERSION_HPP
#define T3API_VERSION_HPP

#if __cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L)
#error "t3api needs C++20: add the compiler option -std=c++20, or with CMake link t3api::t3api, which does"
#include <C++20>  // No file: the compiler stops here, and not after a thousand other errors.
#endif
#ifndef __cpp_exceptions
#error "t3api needs exceptions: take the compiler option -fno-exceptions away"
#include <exceptions>  // No file, as above.
#endif

#include <string_view>

/// The version of the library: macros for the preprocessor, constants for everything else. The build reads it
/// here.
#define T3API_VERSION_MAJOR 0
#define T3API_VERSION_MINOR 1
#define T3API_VERSION_PATCH 0

#define T3API_DETAIL_QUOTE(x) #x
#define T3API_DETAIL_DOTTED(x, y, z) T3API_DETAIL_QUOTE(x) "." T3API_DETAIL_QUOTE(y) "." T3API_DETAIL_QUOTE(z)

namespace t3api::inline v0_1_0 {

inline constexpr int version_major = T3API_VERSION_MAJOR;  ///< Above 0 the interface changes with it alone.
inline constexpr int version_minor = T3API_VERSION_MINOR;  ///< New things; below 1.0.0 changes too.
inline constexpr int version_patch = T3API_VERSION_PATCH;  ///< Corrections.

/// "major.minor.patch".
inline constexpr std::string_view version_string =
    T3API_DETAIL_DOTTED(T3API_VERSION_MAJOR, T3API_VERSION_MINOR, T3API_VERSION_PATCH);

}  // namespace t3api::inline v0_1_0

#undef T3API_DETAIL_DOTTED
#undef T3API_DETAIL_QUOTE

#endif  // T3API_VERSION_HPP

// Outside of the guard: here another version in the same file shows.
#if T3API_VERSION_MAJOR != 0 || T3API_VERSION_MINOR != 1 || T3API_VERSION_PATCH != 0
#error \
    "two versions of t3api meet in one file: include one of them here and the other in another file; one program may have both"
#include <one version of t3api>  // No file: the compiler stops here.
#endif
