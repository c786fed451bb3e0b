#ifndef T3API_SANDBOX_KEYS_ROTATION_HPP
#define T3API_SANDBOX_KEYS_ROTATION_HPP

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/key_ring.hpp>
#include <t3api/sandbox/keys/vault.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What a rotation has done so far, or in all.
struct rotation_report {
  /// A record that cannot be opened and so stays as it is.
  struct failure {
    std::string id{};   ///< The record's.
    std::string why{};  ///< One sentence.
  };

  std::size_t rewrapped = 0;      ///< Put under the current key.
  std::size_t skipped = 0;        ///< Erased, or re-wrapped by another, while this one looked at them.
  std::vector<failure> failed{};  ///< Found at the end, among the records under the current key too.
  /// True when all records but the failed ones were under the current key at the end.
  bool finished = false;
};

/// How a rotation works.
struct rotation_options {
  std::size_t batch = 100;  ///< Records that are read at once; at least 1.
  /// Asked for between records; what is done by then stays done.
  stop_token stop{};
  /// Told after each batch.
  std::function<void(const rotation_report&)> progress{};
};

/// Which records a ring opens.
struct ring_check {
  std::size_t opened = 0;                          ///< How many records open.
  std::vector<rotation_report::failure> failed{};  ///< Those that do not.

  /// Not one record opens, and there are some: the ring is that of another database.
  bool is_foreign() const noexcept { return opened == 0 && !failed.empty(); }
};

namespace rotation_detail {

/// Whether a record was erased, or sealed anew, since it was read.
inline bool has_changed(key_database& database, const key_record& record) {
  const auto now = database.find(record.key_hash);
  return !now || now->credentials.bytes != record.credentials.bytes;
}

}  // namespace rotation_detail

/// Tries a ring on the records of a database, whichever key they are kept under, in the order of their ids:
/// on all of them, or until `enough` have been opened or `stop` says so. The ids of keys do not tell whose
/// they are, as two rings may have the same ones. Throws `database_error`.
inline ring_check check_ring(key_database& database, const std::shared_ptr<key_ring_source>& ring,
                             std::size_t enough = (std::numeric_limits<std::size_t>::max)(),
                             const stop_token& stop = {}) {
  constexpr std::size_t read_at_once = 100;
  const vault vault(ring);
  ring_check found;
  std::string after;
  for (;;) {
    // Nothing is under the empty id, so these are all.
    const auto batch = database.not_under("", after, read_at_once);
    if (batch.empty()) return found;
    for (const auto& record : batch) {
      if (found.opened >= enough || stop.stop_requested()) return found;
      try {
        vault.check_record(record);
        ++found.opened;
      } catch (const vault_error& wrong) {
        if (!rotation_detail::has_changed(database, record))
          found.failed.push_back({record.id, wrong.what()});
      }
    }
    after = batch.back().id;
  }
}

/// Puts all records under the current key of the ring, while services use and change them and other rotations
/// run. Each record is replaced as a whole or not at all, so a rotation may end anywhere, by `stop`, a
/// failing database or the end of the process, and the next one does the rest. What is kept under an older
/// key meanwhile is found too: it looks until there is nothing left, and then tries the ring on all records.
/// Throws `database_error`.
inline rotation_report rotate(key_database& database, const std::shared_ptr<key_ring_source>& ring,
                              const rotation_options& options = {}) {
  const vault vault(ring);
  rotation_report report;
  for (;;) {
    const std::string current = ring->fresh_ring()->current().id;
    const std::size_t done_before = report.rewrapped + report.skipped;
    std::string after;
    for (;;) {
      const auto batch = database.not_under(current, after, options.batch > 0 ? options.batch : 1);
      if (batch.empty()) break;
      for (const auto& record : batch) {
        if (options.stop.stop_requested()) return report;
        try {
          // Nothing when the ring has a newer key by now: the next round is for that one.
          if (const auto renewed = vault.rewrap(record)) {
            const bool replaced = database.replace_credentials(record.id, record.credentials, *renewed);
            ++(replaced ? report.rewrapped : report.skipped);
          }
        } catch (const vault_error&) {
          if (rotation_detail::has_changed(database, record)) ++report.skipped;
        }
      }
      after = batch.back().id;
      if (options.progress) options.progress(report);
    }
    const bool nothing_found = report.rewrapped + report.skipped == done_before;
    if (nothing_found && ring->fresh_ring()->current().id == current) break;
  }
  report.failed = check_ring(database, ring, (std::numeric_limits<std::size_t>::max)(), options.stop).failed;
  report.finished = !options.stop.stop_requested();
  return report;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
