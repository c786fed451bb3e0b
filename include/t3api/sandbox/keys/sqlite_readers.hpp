#ifndef T3API_SANDBOX_KEYS_SQLITE_READERS_HPP
#define T3API_SANDBOX_KEYS_SQLITE_READERS_HPP

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <t3api/sandbox/keys/sqlite_rows.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A few readers for any number of threads, made when they are needed.
class sqlite_key_readers {
 public:
  /// Opens the first.
  sqlite_key_readers(std::string file, std::chrono::milliseconds patience, std::size_t most)
      : file_(std::move(file)), patience_(patience), most_((std::max)(most, std::size_t{1})) {
    idle_.reserve(most_);
    const borrowed first(*this);
  }

  /// Asks a reader that is this thread's for as long as it takes. Throws `database_error`.
  template <class Question>
  std::invoke_result_t<Question, sqlite_key_reader&> ask(const Question& question) {
    const borrowed one(*this);
    return question(*one.reader);
  }

 private:
  struct borrowed {
    explicit borrowed(sqlite_key_readers& from) : of(from) {
      std::unique_lock lock(of.mutex_);
      of.returned_.wait(lock, [&] { return !of.idle_.empty() || of.made_ < of.most_; });
      if (of.idle_.empty()) {
        ++of.made_;
        lock.unlock();
        open();
      } else {
        reader = std::move(of.idle_.back());
        of.idle_.pop_back();
      }
    }
    borrowed(const borrowed&) = delete;
    borrowed& operator=(const borrowed&) = delete;
    ~borrowed() {
      {
        const std::scoped_lock lock(of.mutex_);
        of.idle_.push_back(std::move(reader));
      }
      of.returned_.notify_one();
    }

    /// Without the lock: a slow disk must not hold up those that have a reader.
    void open() try { reader = std::make_unique<sqlite_key_reader>(of.file_, of.patience_); } catch (...) {
      {
        const std::scoped_lock lock(of.mutex_);
        --of.made_;
      }
      of.returned_.notify_one();
      throw;
    }

    sqlite_key_readers& of;
    std::unique_ptr<sqlite_key_reader> reader;
  };

  const std::string file_;
  const std::chrono::milliseconds patience_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sqlite_key_reader>> idle_;
  std::size_t made_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
