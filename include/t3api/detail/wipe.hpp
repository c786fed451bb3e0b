#ifndef T3API_DETAIL_WIPE_HPP
#define T3API_DETAIL_WIPE_HPP

#include <cstddef>
#include <cstring>
#include <string>

namespace t3api::inline v0_1_0::detail {

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

/// Overwrites what the copying of a text has left in the processor's vector registers. A thread begins with
/// those of its maker, and a call that is bound lazily saves them on the stack, where they stay.
inline void wipe_vector_registers() noexcept {
  // Moving this much takes all the registers that a C library moves with. It must not know the size.
  char bytes[1024] = {};
  volatile std::size_t size = 512;
  std::memmove(bytes + 64, bytes, size);
  wipe(bytes, sizeof bytes);
}

/// Overwrites what functions that have returned left on the stack below the caller, as deep as a call goes:
/// vector registers with a copied text in them are saved there when a library's call is bound lazily.
#if defined(__GNUC__)
__attribute__((noinline))
#endif
inline void
wipe_stack() noexcept {
  char frames[32U << 10U];
  wipe(frames, sizeof frames);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
