#define T3API_IMPLEMENTATION
#include <t3api/t3api.hpp>
