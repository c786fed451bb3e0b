#ifndef T3API_SANDBOX_METRC_SHARED_ACCOUNTS_HPP
#define T3API_SANDBOX_METRC_SHARED_ACCOUNTS_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/detail/base64url.hpp>
#include <t3api/detail/seal.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/detail/wipe.hpp>
#include <t3api/sandbox/metrc/account_state.hpp>
#include <t3api/sandbox/metrc/totp.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/store/any.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// How often a login was tried in this process, and how often it opened a session.
struct login_tally {
  std::atomic<std::uint64_t> attempts{0};
  std::atomic<std::uint64_t> logins{0};
};

/// An account of the simulated Metrc as it is at the moment.
struct known_account {
  std::string id{};  ///< The same for as long as there is the account, whatever it is called.
  account_state state{};
  std::shared_ptr<const metrc_user> user{};
  /// Of a seed without bytes when it needs no one-time password.
  std::shared_ptr<otp_verifier> otp = std::make_shared<otp_verifier>("");
  std::shared_ptr<login_tally> tally = std::make_shared<login_tally>();
};

/// The accounts of a simulated Metrc, which several processes may share through a store: what one changes,
/// all see at their next look, at the price of one read for each look. The store is no authority: while it
/// fails each process goes by what it knows, and what the store has lost is put back. Any number of threads
/// may share it.
class shared_accounts {
 public:
  using account = std::shared_ptr<const known_account>;

  /// What one look saw.
  struct view {
    metrc_state metrc{};
    account found{};             ///< Or null.
    bool is_fresh = true;        ///< False when the store failed: others may have changed something since.
    stop_token delay_changed{};  ///< Stops when `metrc.delay` is known to be another.
  };

  /// `key` has 32 bytes and seals what the store is given.
  shared_accounts(std::shared_ptr<t3api::clock> clock, std::optional<any_store> store, secret key)
      : clock_(std::move(clock)), store_(std::move(store)), key_(std::move(key)) {}

  /// Adds one before the first look; false when its id is there already. One without a user is found by id
  /// only.
  bool add(known_account added) {
    if (by_id_.contains(added.id)) return false;
    if (added.user) by_name_[{added.user->hostname, added.user->username}] = added.id;
    std::string id = added.id;
    return by_id_.emplace(std::move(id), std::make_shared<known_account>(std::move(added))).second;
  }

  /// The account with that name, else the one with the id `otherwise`.
  view by_name(std::string_view hostname, std::string_view username, std::string_view otherwise = {}) {
    const bool is_fresh = catch_up();
    const std::shared_lock lock(mutex_);
    const auto named = by_name_.find({std::string(hostname), std::string(username)});
    const auto found = by_id_.find(named == by_name_.end() ? otherwise : std::string_view(named->second));
    return {metrc_, found == by_id_.end() ? nullptr : found->second, is_fresh, delay_changed_.get_token()};
  }
  view by_id(std::string_view id) {
    const bool is_fresh = catch_up();
    const std::shared_lock lock(mutex_);
    const auto found = by_id_.find(id);
    return {metrc_, found == by_id_.end() ? nullptr : found->second, is_fresh, delay_changed_.get_token()};
  }

  /// Changes the account with that id by `apply(account_state&)`.
  template <class Apply>
  void change(const std::string& id, Apply apply) {
    update([&] {
      auto state = by_id_.at(id)->state;
      apply(state);
      ++state.version;
      replace(id, std::move(state));
    });
  }
  /// Changes the whole Metrc by `apply(metrc_state&)`.
  template <class Apply>
  void change_metrc(Apply apply) {
    update([&] {
      auto state = metrc_;
      apply(state);
      ++state.version;
      replace(state);
    });
  }

  /// Whether nobody who shares the store has taken this name within `time`. A store that fails knows of
  /// nobody.
  bool take_once(std::string_view name, std::chrono::milliseconds time) {
    if (!store_) return true;
    const auto taken = store_->claim(name, detail::make_uuid(), time);
    return !taken || *taken;
  }

 private:
  static constexpr const char* place = "simulated metrc/accounts";
  static constexpr std::chrono::hours kept_for{30 * 24};

  /// False when the store did not answer.
  bool catch_up() {
    if (!store_) return true;
    const auto kept = store_->get(place);
    if (!kept) return false;
    const std::string_view text = *kept ? std::string_view((*kept)->value) : std::string_view();
    {
      const std::shared_lock lock(mutex_);
      if (text == last_seen_ && !unpublished_) return true;
    }
    {
      const std::scoped_lock lock(mutex_);
      const bool complete = merge(text);
      if (complete) last_seen_ = text;
      if (complete && !unpublished_) return true;
    }
    update([] {});
    return true;
  }

  /// Reads what the others know, applies a change and tells the others. One at a time, so that no change is
  /// lost; but a store that cannot say so, or a process that does not let go, stops no change.
  template <class Apply>
  void update(Apply apply) {
    const std::scoped_lock one_at_a_time(changing_);
    const std::string owner = detail::make_uuid();
    for (int tries = 0; tries < 100 && store_; ++tries) {
      const auto mine = store_->claim(place, owner, std::chrono::seconds(5));
      if (!mine || *mine) break;
      clock_->wait_until(clock_->now() + std::chrono::milliseconds(5), {});
    }
    std::string text;
    if (store_) {
      if (auto kept = store_->get(place); kept && *kept) text = std::move((*kept)->value);
    }
    {
      const std::scoped_lock lock(mutex_);
      if (!text.empty()) merge(text);
      apply();
      if (!store_) return;
      text = sealed();
    }
    const bool told = !store_->put(place, text, kept_for);
    store_->release(place, owner);
    const std::scoped_lock lock(mutex_);
    unpublished_ = !told;
    if (told) last_seen_ = std::move(text);
  }

  std::string sealed() const {
    nlohmann::json known = {{"metrc", to_json(metrc_)}, {"accounts", nlohmann::json::object()}};
    for (const auto& id : changed_)
      known["accounts"][detail::base64url_encode(id)] = to_json(by_id_.at(id)->state);
    std::string plain = known.dump();
    std::string text = detail::seal(key_.reveal(), plain, place);
    detail::wipe(plain);
    return text;
  }

  struct states {
    metrc_state metrc{};
    std::map<std::string, account_state> accounts{};
  };

  /// What others told of the accounts that are known here. A text that `sealed` does not make, as another
  /// version of the program may, tells nothing.
  states told_by(std::string_view text) const {
    const auto opened = detail::unseal(key_.reveal(), text, place);
    const auto told = opened ? parse_json(*opened) : std::nullopt;
    if (!told) return {};
    try {
      states read{.metrc = metrc_state_from(told->at("metrc"))};
      for (const auto& [name, json] : told->at("accounts").items()) {
        const auto id = by_id_.find(detail::base64url_decode(name).value_or("?"));
        if (id != by_id_.end()) read.accounts[id->first] = account_state_from(json);
      }
      return read;
    } catch (const nlohmann::json::exception&) {
      return {};
    }
  }

  /// Takes over what is later than what is known here; false when the text lacks something of what is.
  bool merge(std::string_view text) {
    auto told = told_by(text);
    for (const auto& [id, state] : told.accounts) {
      if (is_later(state, by_id_.at(id)->state)) replace(id, state);
    }
    if (is_later(told.metrc, metrc_)) replace(told.metrc);
    bool complete = !is_later(metrc_, told.metrc);
    for (const auto& id : changed_) complete &= !is_later(by_id_.at(id)->state, told.accounts[id]);
    return complete;
  }

  void replace(const metrc_state& state) {
    const bool wake = state.delay != metrc_.delay;
    metrc_ = state;
    if (wake) std::exchange(delay_changed_, stop_source()).request_stop();
  }

  void replace(const std::string& id, account_state state) {
    auto& current = by_id_.at(id);
    auto next = std::make_shared<known_account>(*current);
    if (next->user && state.username != next->user->username) {
      const auto old_name = by_name_.find({next->user->hostname, next->user->username});
      if (old_name != by_name_.end() && old_name->second == id) by_name_.erase(old_name);
      by_name_[{next->user->hostname, state.username}] = id;
      auto renamed = *next->user;
      renamed.username = state.username;
      next->user = std::make_shared<metrc_user>(std::move(renamed));
    }
    if (state.otp_key.reveal() != next->state.otp_key.reveal()) {
      next->otp = std::make_shared<otp_verifier>(state.otp_key.reveal());
    }
    next->state = std::move(state);
    current = std::move(next);
    changed_.insert(id);
  }

  const std::shared_ptr<t3api::clock> clock_;
  std::optional<any_store> store_;
  const secret key_;
  std::mutex changing_;
  mutable std::shared_mutex mutex_;
  metrc_state metrc_;
  stop_source delay_changed_;
  std::map<std::string, account, std::less<>> by_id_;
  std::map<std::pair<std::string, std::string>, std::string> by_name_;
  std::set<std::string> changed_;
  std::string last_seen_;
  bool unpublished_ = false;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
