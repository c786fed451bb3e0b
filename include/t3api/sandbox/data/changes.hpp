#ifndef T3API_SANDBOX_DATA_CHANGES_HPP
#define T3API_SANDBOX_DATA_CHANGES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What writes made of a generated collection of one licence. Rows are numbered from 0: the generated ones,
/// then the added ones. Copies share the rows, so that a reader keeps what it saw while others write.
class changes {
 public:
  using row_ptr = std::shared_ptr<const nlohmann::json>;

  /// Another number after every change.
  std::uint64_t version() const noexcept { return version_; }

  std::uint64_t added() const noexcept { return added_.size(); }
  std::uint64_t removed() const noexcept { return removed_; }

  /// Rows that are kept here, added or changed.
  std::size_t kept() const noexcept { return added_.size() + changed_.size(); }

  /// Puts a row behind all others.
  void add(nlohmann::json row) {
    added_.push_back(std::make_shared<const nlohmann::json>(std::move(row)));
    ++version_;
  }

  /// Puts another in the place of a row.
  void replace(std::uint64_t number, nlohmann::json row) {
    entry(number).now = std::make_shared<const nlohmann::json>(std::move(row));
    ++version_;
  }

  void remove(std::uint64_t number) {
    if (is_removed(number)) return;
    entry(number).now = nullptr;
    ++removed_;
    ++version_;
  }

  bool is_removed(std::uint64_t number) const noexcept {
    const auto at = place(number);
    return at != changed_.end() && at->number == number && !at->now;
  }

  /// The kept row of that number among `generated` generated ones and the added; nothing when it is as
  /// generated, or removed.
  const nlohmann::json* find(std::uint64_t generated, std::uint64_t number) const noexcept {
    const auto at = place(number);
    if (at != changed_.end() && at->number == number) return at->now.get();
    return number < generated ? nullptr : added_[number - generated].get();
  }

  /// Marks a number as taken; false when it was already.
  bool take(std::uint64_t mark) {
    const auto at = std::lower_bound(taken_.begin(), taken_.end(), mark);
    if (at != taken_.end() && *at == mark) return false;
    taken_.insert(at, mark);
    return true;
  }
  bool is_taken(std::uint64_t mark) const noexcept {
    return std::binary_search(taken_.begin(), taken_.end(), mark);
  }

  /// The number of the row that stands at `position` once removed rows are left out.
  std::uint64_t number_at(std::uint64_t position) const noexcept {
    if (removed_ == 0) return position;
    for (const auto& one : changed_) {
      if (one.number > position) break;
      if (!one.now) ++position;
    }
    return position;
  }

 private:
  struct change {
    std::uint64_t number;
    row_ptr now;  ///< Null for a row that was removed.
  };

  std::vector<change>::const_iterator place(std::uint64_t number) const noexcept {
    return std::lower_bound(changed_.begin(), changed_.end(), number,
                            [](const change& c, std::uint64_t n) { return c.number < n; });
  }

  change& entry(std::uint64_t number) {
    const auto at = place(number);
    if (at != changed_.end() && at->number == number)
      return changed_[static_cast<std::size_t>(at - changed_.begin())];
    return *changed_.insert(at, change{.number = number, .now = nullptr});
  }

  std::vector<change> changed_{};  ///< In the order of their numbers.
  std::vector<row_ptr> added_{};
  std::vector<std::uint64_t> taken_{};  ///< In order.
  std::uint64_t removed_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
