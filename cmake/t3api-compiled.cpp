#include <t3api/t3api.hpp>
