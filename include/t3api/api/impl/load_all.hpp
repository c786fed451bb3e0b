#ifndef T3API_API_IMPL_LOAD_ALL_HPP
#define T3API_API_IMPL_LOAD_ALL_HPP

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include <t3api/any_client.hpp>
#include <t3api/api/collections.hpp>
#include <t3api/api/load_all.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/clock.hpp>
#include <t3api/detail/either_stop.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/stop_token.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// How one reading of a collection ended: with its rows, an error, or what shows that the collection changed.
struct reading {
  nlohmann::json::array_t rows{};
  std::optional<error> failure{};
  std::string change{};  ///< Empty when no change was seen.
};

/// What the first page says of all pages.
struct collection_size {
  std::uint64_t total = 0;
  std::uint64_t page_size = 0;
  std::uint64_t pages = 1;  ///< At least 1: one page is asked for in any case.

  std::uint64_t rows_on(std::uint64_t page) const noexcept {
    return page < pages ? page_size : total - (pages - 1) * page_size;
  }
};

/// What no honest service says of a page; nothing when there is no such thing.
inline std::optional<std::string> contradiction(const collection_page& got, std::uint64_t asked) {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  if (got.page != asked) return "the answer says that it is page " + number(got.page);
  if (got.page_size == 0) return "the answer says that a page holds no rows (pageSize 0)";
  const auto pages = got.total / got.page_size + (got.total % got.page_size != 0 ? 1 : 0);
  if (got.total_pages != pages && !(got.total == 0 && got.total_pages == 1)) {
    return "the answer says pageSize " + number(got.page_size) + ", total " + number(got.total) +
           " and totalPages " + number(got.total_pages) + ", which cannot all be true";
  }
  if (got.data.size() > got.page_size) {
    return "the answer holds " + number(got.data.size()) + " rows, but says that a page holds " +
           number(got.page_size);
  }
  return std::nullopt;
}

/// What shows that the collection is no longer the one that the first page spoke of.
inline std::optional<std::string> change_of_size(const collection_page& got, const collection_size& first) {
  if (got.total == first.total && got.page_size == first.page_size) return std::nullopt;
  return "said " + std::to_string(got.total) + " rows, " + std::to_string(got.page_size) +
         " to a page, where page 1 had said " + std::to_string(first.total) + ", " +
         std::to_string(first.page_size) + " to a page";
}
inline std::optional<std::string> change_of_rows(const collection_page& got, const collection_size& first,
                                                 std::uint64_t asked) {
  const auto due = first.rows_on(asked);
  if (got.data.size() == due) return std::nullopt;
  return "held " + std::to_string(got.data.size()) + " rows instead of " + std::to_string(due);
}

/// Whether two rows have the same `id`, a number or text.
inline bool has_id_twice(const nlohmann::json::array_t& rows) {
  std::unordered_set<nlohmann::json> seen;
  seen.reserve(rows.size());
  return std::any_of(rows.begin(), rows.end(), [&](const nlohmann::json& row) {
    const auto id = row.find("id");
    if (id == row.end() || !(id->is_number() || id->is_string())) return false;
    return !seen.insert(*id).second;
  });
}

/// An error with the page in its message. What stands behind the path's question mark may be secret.
inline error on_page(error cause, std::uint64_t page, const std::string& path) {
  if (cause.category == error_category::argument) return cause;
  cause.message = "page " + std::to_string(page) + " of " + without_query(path) + ": " + cause.message;
  return cause;
}

inline error broken_page(std::string what) {
  return {.category = error_category::protocol, .message = std::move(what), .status = 200, .sent = true};
}

/// The pages behind the first one: any number of threads take numbers here and give pages back, which are put
/// into order.
class page_collector {
 public:
  page_collector(const std::string& path, const collection_size& size, nlohmann::json::array_t first_rows,
                 const stop_token& callers)
      : path_(path), size_(size), either_(callers, own_.get_token()) {
    reading_.rows = std::move(first_rows);
  }

  /// Asks to stop when the caller does, and when a page failed.
  stop_token stop() const { return either_.token(); }

  /// The next page to load; nothing when none is left or needed. Each taken page must be given back, or given
  /// up.
  std::optional<std::uint64_t> take() {
    const std::scoped_lock lock(mutex_);
    if (over_ || next_ > size_.pages) return std::nullopt;
    ++taken_;
    return next_++;
  }

  void give(std::uint64_t page, result<collection_page> loaded) {
    std::unique_lock lock(mutex_);
    if (!over_) keep(page, std::move(loaded));
    leave(lock);
  }

  void give_up(std::exception_ptr why) noexcept {
    std::unique_lock lock(mutex_);
    if (!over_) thrown_ = std::move(why);
    over_ = true;
    leave(lock);
  }

  /// Waits until no page is in flight; only to be called when there is none left to take. Throws what a page
  /// was given up for.
  reading finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return taken_ == 0; });
    early_.clear();  // A helper that begins late may keep this object for long.
    reading done = std::move(reading_);
    if (thrown_) std::rethrow_exception(thrown_);
    return done;
  }

 private:
  void keep(std::uint64_t page, result<collection_page> loaded) {
    if (!loaded) return fail(page, std::move(loaded).error());
    if (auto change = change_of_size(*loaded, size_)) return fail(page, *std::move(change));
    if (auto wrong = contradiction(*loaded, page)) return fail(page, broken_page(*std::move(wrong)));
    if (auto change = change_of_rows(*loaded, size_, page)) return fail(page, *std::move(change));
    early_.emplace(page, std::move(loaded->data));
    for (auto next = early_.begin(); next != early_.end() && next->first == due_; ++due_) {
      std::move(next->second.begin(), next->second.end(), std::back_inserter(reading_.rows));
      next = early_.erase(next);
    }
  }

  void fail(std::uint64_t page, error cause) {
    reading_.failure = on_page(std::move(cause), page, path_);
    over_ = true;
  }
  void fail(std::uint64_t page, std::string change) {
    reading_.change = "page " + std::to_string(page) + " " + change;
    over_ = true;
  }

  void leave(std::unique_lock<std::mutex>& lock) noexcept {
    --taken_;
    const bool over = over_;
    lock.unlock();
    if (over) own_.request_stop();
    changed_.notify_all();
  }

  const std::string path_;
  const collection_size size_;
  stop_source own_;
  const either_stop either_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, nlohmann::json::array_t> early_;  ///< Pages whose predecessors are not there yet.
  std::uint64_t next_ = 2;                                  ///< To be taken.
  std::uint64_t due_ = 2;                                   ///< To be put behind the rows.
  std::size_t taken_ = 0;                                   ///< Pages in flight.
  bool over_ = false;
  reading reading_;
  std::exception_ptr thrown_;
};

/// How long a page may be put off in all.
inline constexpr std::chrono::minutes longest_pause{10};

/// Reads a collection as often as it takes.
class collection_reader {
 public:
  collection_reader(const any_client& via, const std::string& path, const page_request& wanted,
                    const call_options& options)
      : via_(via),
        path_(path),
        wanted_(wanted),
        options_(options),
        clock_(via.config().clock ? via.config().clock : std::make_shared<real_clock>()) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    deadline_ = clock_->now() + (std::min)(options.timeout.value_or(longest), longest);
  }

  result<nlohmann::json::array_t> read() const {
    constexpr int readings = 3;
    for (int number = 1;; ++number) {
      reading got = read_once();
      if (got.failure) return *std::move(got.failure);
      if (got.change.empty()) return std::move(got.rows);
      if (number == readings) return changes_too_fast(got.change);
    }
  }

 private:
  reading read_once() const {
    const auto fails = [&](error cause) { return reading{.failure = on_page(std::move(cause), 1, path_)}; };
    auto first = load(1, wanted_.page_size, options_.stop);
    if (!first) return fails(std::move(first).error());
    if (auto wrong = contradiction(*first, 1)) return fails(broken_page(*std::move(wrong)));
    if (first->total > max_loaded_rows) {
      return fails(broken_page("the answer says that there are " + std::to_string(first->total) +
                               " rows, and load_all() reads at most " + std::to_string(max_loaded_rows) +
                               ": filter them, or take page by page with load_page()"));
    }
    const collection_size size{.total = first->total,
                               .page_size = first->page_size,
                               .pages = (std::max<std::uint64_t>)(first->total_pages, 1)};
    if (auto change = change_of_rows(*first, size, 1)) return {.change = "page 1 " + *change};

    auto got = read_others(size, std::move(first->data));
    if (!got.failure && got.change.empty() && has_id_twice(got.rows)) {
      got.change = "a row came twice, as its id shows";
    }
    return got;
  }

  /// No deadlock: this thread takes pages like any helper until none is left, so it never needs a helper to
  /// begin; it then waits only for calls that are being made, each of which has a deadline.
  reading read_others(const collection_size& size, nlohmann::json::array_t first_rows) const {
    const auto pages = std::make_shared<page_collector>(path_, size, std::move(first_rows), options_.stop);
    const auto page_size = (std::min)(static_cast<std::uint64_t>(wanted_.page_size), size.page_size);
    // A helper that begins late may touch this reader no more, and does not: there is no page left to take.
    const auto work = [pages, page_size, reader = this] {
      while (const auto page = pages->take()) {
        try {
          pages->give(*page, reader->load(*page, static_cast<int>(page_size), pages->stop()));
        } catch (...) {
          pages->give_up(std::current_exception());
        }
      }
    };
    const auto at_once = (std::min)(size.pages - 1, static_cast<std::uint64_t>(via_.config().batch_size));
    for (std::uint64_t thread = 1; thread < at_once; ++thread) {  // This one is the first.
      try {
        via_.async(work);
      } catch (...) {
        break;  // The work is done without help, too.
      }
    }
    work();
    return pages->finish();
  }

  result<collection_page> load(std::uint64_t page, int page_size, stop_token stop) const {
    auto wanted = wanted_;
    wanted.page = static_cast<int>(page);
    wanted.page_size = page_size;
    auto options = options_;
    options.stop = std::move(stop);
    options.wait_when_asked = false;
    const auto give_up = (std::min)(deadline_, clock_->now() + longest_pause);
    while (true) {
      wait_for_end_of_pause(options.stop);
      const auto left = std::chrono::floor<std::chrono::milliseconds>(deadline_ - clock_->now());
      if (left.count() <= 0) {
        return error{.category = error_category::timeout,
                     .message = "the time for the whole collection was over before the page was asked for"};
      }
      options.timeout = (std::min)(via_.config().timeout, left);
      auto loaded = load_page(via_, path_, wanted, options);
      if (loaded || !begin_pause(loaded.error(), give_up)) return loaded;
    }
  }

  void wait_for_end_of_pause(const stop_token& stop) const {
    const auto end = [this] {
      const std::scoped_lock lock(mutex_);
      return pause_end_;
    };
    for (auto until = end(); until > clock_->now(); until = end()) {
      if (!clock_->wait_until(until, stop)) return;
    }
  }

  /// Makes all pages wait as long as the service, or the client's rate limit, asks a page to; false when it
  /// asks for nothing or too much.
  bool begin_pause(const error& cause, steady_time give_up) const {
    if (!cause.retry_after || !(cause.retryable || cause.category == error_category::timeout)) return false;
    const auto until = clock_->now() + (std::max)(*cause.retry_after, std::chrono::seconds(1));
    if (until >= give_up) return false;
    const std::scoped_lock lock(mutex_);
    pause_end_ = (std::max)(pause_end_, until);
    return true;
  }

  error changes_too_fast(const std::string& change) const {
    return {.category = error_category::protocol,
            .message = "the collection " + without_query(path_) +
                       " changes faster than it can be read: each of three readings met a change, and in "
                       "the last one " +
                       change + ". Try again later, or with larger pages",
            .retryable = true,
            .sent = true};
  }

  const any_client& via_;
  const std::string& path_;
  const page_request& wanted_;
  const call_options& options_;
  const std::shared_ptr<clock> clock_;
  steady_time deadline_;
  mutable std::mutex mutex_;
  mutable steady_time pause_end_{};
};

}  // namespace detail

T3API_INLINE result<nlohmann::json::array_t> load_all(const any_client& via, const std::string& path,
                                                      const page_request& wanted,
                                                      const call_options& options) {
  if (wanted.page != 1) return argument_error("load_all() begins with page 1: load_page() gives any page");
  if (via.config().batch_size < 1) return argument_error("client_config::batch_size must be at least 1");
  if (options.timeout && options.timeout->count() <= 0)
    return argument_error("the timeout of load_all() must be longer than nothing");
  return detail::collection_reader(via, path, wanted, options).read();
}

}  // namespace t3api::inline v0_1_0

#endif
