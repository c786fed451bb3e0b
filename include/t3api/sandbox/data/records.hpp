#ifndef T3API_SANDBOX_DATA_RECORDS_HPP
#define T3API_SANDBOX_DATA_RECORDS_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/data/changes.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/draw.hpp>
#include <t3api/sandbox/data/row_lists.hpp>
#include <t3api/sandbox/data/select_rows.hpp>
#include <t3api/sandbox/data/selection.hpp>
#include <t3api/sandbox/data/table.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The data of all licences. It is generated from a seed when it is asked for; only what was written is kept,
/// in memory. Any number of threads may use it.
class records {
 public:
  /// At most so many written rows are kept of all licences together.
  static constexpr std::size_t most_kept_rows = 10'000;

  /// Throws std::invalid_argument when there are more packages than ids for them.
  records(std::uint64_t seed, std::uint64_t packages) : seed_(seed), packages_(packages) {
    if (packages > ids_of_place) {
      throw std::invalid_argument("a sandbox of " + std::to_string(packages) +
                                  " packages has no ids for them all: ask for at most " +
                                  std::to_string(ids_of_place));
    }
  }

  /// A collection of a licence as it stands now.
  table open(const collection& of, std::string_view hostname, std::string_view license) const {
    const std::lock_guard lock(mutex_);
    return view(of, hostname, license, current(place(of, hostname, license)));
  }

  /// The rows of `from` that are asked for; remembered for the next pages. Throws `refusal`.
  row_lists::list_ptr select(const table& from, const selection& chosen) {
    const auto name = place(from.of(), from.owner().hostname, from.owner().license) + '\n' + chosen.name();
    return lists_.get(name, from.version(), [&] { return select_rows(from, chosen); });
  }

  /// One write to a licence's data. While it lives no other write runs; what it changes is seen by itself at
  /// once, and by others all together after `commit`, or never.
  class edit {
   public:
    edit(records& of, std::string_view hostname, std::string_view license)
        : records_(&of), lock_(of.writing_), hostname_(hostname), license_(license) {}

    /// The changes to a collection, to be added to.
    changes& of(const collection& which) { return *staged(which); }

    /// A collection with these changes.
    table open(const collection& which) { return records_->view(which, hostname_, license_, staged(which)); }

    /// Throws `refusal` when too much would have to be kept; nothing is changed then.
    void commit() {
      const std::lock_guard lock(records_->mutex_);
      std::size_t kept = 0;
      for (const auto& [where, one] : records_->written_) {
        if (!staged_.contains(where)) kept += one->kept();
      }
      for (const auto& [where, one] : staged_) kept += one->kept();
      if (kept > most_kept_rows) {
        throw refusal(507, "the sandbox keeps at most " + std::to_string(most_kept_rows) +
                               " written rows, in memory: start it anew");
      }
      for (auto& [where, one] : staged_) records_->written_[where] = std::move(one);
      staged_.clear();
    }

   private:
    const std::shared_ptr<changes>& staged(const collection& which) {
      auto& one = staged_[place(which, hostname_, license_)];
      if (!one) {
        const std::lock_guard lock(records_->mutex_);
        one = std::make_shared<changes>(*records_->current(place(which, hostname_, license_)));
      }
      return one;
    }

    records* records_;
    std::unique_lock<std::mutex> lock_;
    std::string hostname_;
    std::string license_;
    std::map<std::string, std::shared_ptr<changes>> staged_{};
  };

 private:
  static std::string place(const collection& of, std::string_view hostname, std::string_view license) {
    return std::string(of.path) + '\n' + std::string(hostname) + '\n' + std::string(license);
  }

  std::shared_ptr<const changes> current(const std::string& where) const {
    const auto found = written_.find(where);
    return found == written_.end() ? unchanged_ : found->second;
  }

  table view(const collection& of, std::string_view hostname, std::string_view license,
             std::shared_ptr<const changes> changed) const {
    return {of, data_owner(seed_, hostname, license), of.size(packages_), std::move(changed)};
  }

  std::uint64_t seed_;
  std::uint64_t packages_;
  std::shared_ptr<const changes> unchanged_ = std::make_shared<const changes>();
  mutable std::mutex mutex_;
  std::mutex writing_;
  std::map<std::string, std::shared_ptr<const changes>> written_{};
  row_lists lists_{};
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
