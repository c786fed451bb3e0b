#ifndef T3API_DETAIL_WIPE_HPP
#define T3API_DETAIL_WIPE_HPP

#include <cstddef>
#include <cstring>
#include <string>

namespace t3api::detail {

/// Overwrites memory with zeros in a way that the optimiser must keep.
inline void wipe(void* memory, std::size_t size) noexcept {
  if (size == 0) return;
#if defined(__GNUC__) || defined(__clang__)
  std::memset(memory, 0, size);
  __asm__ __volatile__("" : : "r"(memory) : "memory");
#else
  auto* byte = static_cast<volatile unsigned char*>(memory);
  while (size-- > 0) *byte++ = 0;
#endif
}

/// Overwrites the whole buffer of a string, its small one too, and leaves it empty.
inline void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

}  // namespace t3api::detail

#endif
