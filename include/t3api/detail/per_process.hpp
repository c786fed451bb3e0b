#ifndef T3API_DETAIL_PER_PROCESS_HPP
#define T3API_DETAIL_PER_PROCESS_HPP

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <t3api/native/process.hpp>

namespace t3api::inline v0_1_0::detail {

/// A T that belongs to the process that uses it: made when that process first asks, destroyed by that process
/// alone.
///
/// A forked child inherits the memory of its parent's T but not what it stands for: its threads do not run
/// there, its mutexes may be held by one of them, its sockets are the parent's. So the child neither uses nor
/// destroys it, but makes its own. The parent's T is lost to the child: its memory, and the descriptors that
/// it holds open, stay there until the child ends; a leak checker in the child may name it.
///
/// Processes are told apart by their numbers, as cheaply as can be. A number comes back when the system has
/// used up all the others; a grandchild that by then has that of its dead grandparent takes over its T, if
/// the process between them never asked.
template <class T>
class per_process {
 public:
  /// `make` is called once a process, but by each of several threads that ask first at the same time.
  explicit per_process(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}
  per_process(const per_process&) = delete;
  per_process& operator=(const per_process&) = delete;

  ~per_process() {
    const entry* current = current_.load(std::memory_order_acquire);
    if (current != nullptr && current->process == current_process_id()) delete current;
  }

  /// This process's T. Takes no lock. Throws what `make` throws.
  T& get() {
    const std::int64_t here = current_process_id();
    entry* current = current_.load(std::memory_order_acquire);
    if (current == nullptr || current->process != here) current = make_for(here, current);
    return *current->value;
  }

 private:
  struct entry {
    std::int64_t process;
    std::unique_ptr<T> value;
  };

  /// Puts a new T in the place of `other`, which is another process's, unless a thread of this one was
  /// faster.
  entry* make_for(std::int64_t process, entry* other) {
    std::unique_ptr<entry> made(new entry{process, make_()});
    const bool first = current_.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel,
                                                        std::memory_order_acquire);
    return first ? made.release() : other;
  }

  const std::function<std::unique_ptr<T>()> make_;
  std::atomic<entry*> current_ = nullptr;
};

}  // namespace t3api::inline v0_1_0::detail

#endif
