// options: -fno-exceptions
// lines: 12
// expect: t3api needs exceptions: take the compiler option -fno-exceptions away
#include <t3api/t3api.hpp>
