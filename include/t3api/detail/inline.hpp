// Where the larger functions are compiled: in every file, as they come; or, with T3API_COMPILED defined in
// all files, in that one which defines T3API_IMPLEMENTATION before it includes them. The CMake target
// t3api::compiled sees to both.
#ifndef T3API_DETAIL_INLINE_HPP
#define T3API_DETAIL_INLINE_HPP

#if defined(T3API_IMPLEMENTATION) && !defined(T3API_COMPILED)
#error "T3API_IMPLEMENTATION is for one file of a program that defines T3API_COMPILED in all of its files"
#endif

#ifdef T3API_COMPILED
#define T3API_INLINE
#else
#define T3API_INLINE inline
#endif

#endif
