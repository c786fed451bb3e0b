#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>
