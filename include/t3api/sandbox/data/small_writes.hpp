#ifndef T3API_SANDBOX_DATA_SMALL_WRITES_HPP
#define T3API_SANDBOX_DATA_SMALL_WRITES_HPP

#include <string>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/records.hpp>
#include <t3api/sandbox/data/write_entry.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// One entry of `POST /v2/packages/notes`: another note on a package, active or on hold. Throws `refusal`.
inline void note_package(records::edit& edit, const nlohmann::json& given, const std::string& where,
                         wall_time now) {
  const write_entry entry(given, where, {"id", "note"});
  const auto id = entry.id("id");
  const auto note = entry.text("note");
  for (const auto* of : {&active_packages, &on_hold_packages}) {
    const auto packages = edit.open(*of);
    const auto number = packages.find_id(id);
    if (!number) continue;
    auto row = packages.row(*number, now);
    row["note"] = note;
    row["lastModified"] = iso_time(now);
    edit.of(*of).replace(*number, std::move(row));
    return;
  }
  entry.refuse("id", "names no package of this licence that is active or on hold");
}

/// The body of `POST /v2/items/discontinue`: an item leaves the active ones. Throws `refusal`.
inline void discontinue_item(records::edit& edit, const nlohmann::json& given, const std::string& where,
                             wall_time) {
  const write_entry entry(given, where, {"id"});
  const auto number = edit.open(items).find_id(entry.id("id"));
  if (!number) entry.refuse("id", "names no active item of this licence: GET /v2/items lists them");
  edit.of(items).remove(*number);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
