#ifndef T3API_SANDBOX_DATA_TABLE_HPP
#define T3API_SANDBOX_DATA_TABLE_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/sandbox/data/cell.hpp>
#include <t3api/sandbox/data/changes.hpp>
#include <t3api/sandbox/data/collection.hpp>
#include <t3api/sandbox/data/draw.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Where the ids of added rows are, behind those of every collection.
inline constexpr std::uint64_t added_place = 9;

/// One collection of one licence: what is generated, and what writes made of it. Row numbers are those of
/// `changes`; a position counts only the rows that are there.
class table {
 public:
  /// Refers to `of`, which is one of the catalogue.
  table(const collection& of, data_owner owner, std::uint64_t generated,
        std::shared_ptr<const changes> changed)
      : of_(&of), owner_(std::move(owner)), generated_(generated), changed_(std::move(changed)) {}

  const collection& of() const noexcept { return *of_; }
  const data_owner& owner() const noexcept { return owner_; }
  std::uint64_t version() const noexcept { return changed_->version(); }

  /// All row numbers are below this.
  std::uint64_t numbers() const noexcept { return generated_ + changed_->added(); }
  /// How many rows there are.
  std::uint64_t size() const noexcept { return numbers() - changed_->removed(); }

  std::uint64_t number_at(std::uint64_t position) const noexcept { return changed_->number_at(position); }
  bool has(std::uint64_t number) const noexcept {
    return number < numbers() && (changed_->kept() == 0 || !changed_->is_removed(number));
  }

  cell at(std::uint64_t number, const field& f) const {
    if (changed_->kept() != 0) {
      if (const auto* kept = changed_->find(generated_, number)) {
        const auto* value = look_up(*kept, f.name);
        return value != nullptr ? to_cell(*value, f.type) : cell{};
      }
    }
    return of_->at(owner_, number, f);
  }

  /// The JSON of one value, as it stands in the row's.
  nlohmann::json json_at(std::uint64_t number, const field& f, wall_time now) const {
    if (f.name == retrieved_at) return iso_time(now);
    const auto* kept = changed_->find(generated_, number);
    if (kept == nullptr) return json_value(f, of_->at(owner_, number, f));
    const auto* value = look_up(*kept, f.name);
    return value != nullptr ? *value : nlohmann::json();
  }

  /// The whole row, as answered at `now`.
  nlohmann::json row(std::uint64_t number, wall_time now) const {
    const auto* kept = changed_->find(generated_, number);
    if (kept == nullptr) return make_row(*of_, owner_, number, now);
    nlohmann::json copy = *kept;
    copy[std::string(retrieved_at)] = iso_time(now);
    return copy;
  }

  /// Whether `changes::take` has that mark.
  bool is_taken(std::uint64_t mark) const noexcept { return changed_->is_taken(mark); }

  /// The number of the row with that id, or nothing.
  std::optional<std::uint64_t> find_id(std::uint64_t id) const {
    auto number = of_->row_of(owner_, of_->kind, id);
    if (!number || *number >= generated_) {
      number = owner_.row_of(added_place, id);
      if (!number || *number >= changed_->added()) return std::nullopt;
      *number += generated_;
    }
    if (!has(*number)) return std::nullopt;
    return number;
  }

 private:
  const collection* of_;
  data_owner owner_;
  std::uint64_t generated_;
  std::shared_ptr<const changes> changed_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
