#ifndef T3API_SANDBOX_SERVICE_HPP
#define T3API_SANDBOX_SERVICE_HPP

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/clock.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/either_stop.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/data/catalogue.hpp>
#include <t3api/sandbox/data/ledger.hpp>
#include <t3api/sandbox/faults/carry_out.hpp>
#include <t3api/sandbox/faults/fault_plan.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/metrc/simulated.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/routes/admin.hpp>
#include <t3api/sandbox/routes/auth.hpp>
#include <t3api/sandbox/routes/collections.hpp>
#include <t3api/sandbox/routes/licenses.hpp>
#include <t3api/sandbox/routes/pages.hpp>
#include <t3api/sandbox/routes/reports.hpp>
#include <t3api/sandbox/routes/writes.hpp>
#include <t3api/sandbox/time_text.hpp>
#include <t3api/sandbox/web_pages.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The T3 auth service in front of any Metrc: a request in, a response out, no sockets. Any number of threads
/// may share it.
template <metrc_upstream Metrc>
class basic_service {
 public:
  /// Throws std::invalid_argument when the API keys of `known` do not fit its accounts.
  basic_service(sandbox::settings settings, const directory& known, std::shared_ptr<Metrc> metrc,
                std::shared_ptr<t3api::clock> clock, backing on = {})
      : shared_(std::move(settings), known, std::move(metrc), std::move(clock), std::move(on)) {}

  /// Answers one request; whatever is wrong with it, the answer says so. Every answer has `Date`,
  /// `X-Request-Id`, `Cache-Control: no-store` and a JSON body, but for pages, which are HTML.
  /// A fault in what becomes of the answer's bytes needs `serve` and an `http_server`.
  response handle(const request& asked, const caller& from = {}) { return serve(asked, from).answer; }

  /// The same, and what is to happen to the answer on its way: this is what an `http_server` serves.
  served serve(const request& asked, const caller& from) {
    wall_time now = shared_.clock->wall_now();
    const std::string request_id = detail::make_uuid();
    response answer;
    struck_fault hit;
    try {
      call c = take_apart(asked, from, now);
      refuse_foreign_host(c.headers, shared_.settings.names);
      if (!is_safe(c.method) || is_admin(c.path)) refuse_foreign_page(c.headers);
      c.request_id = request_id;
      hit = shared_.faults.strike(c.method, c.path, c.query);
      if (hit.fault) {
        now = c.now = after_delay(hit, from.stop);
        upset_account(*shared_.metrc, *hit.fault);
      }
      answer = hit.fault && hit.fault->status != 0 ? ordered_answer(*hit.fault, c.path, now) : dispatch(c);
    } catch (const refusal& why) {
      answer = error_answer(why, asked.path, now);
    } catch (const database_error& failure) {
      shared_.trouble(failure.what(), shared_.clock->now());
      answer = error_answer({503,
                             "the service's key database cannot be used at the moment: ask who runs it",
                             {{"Retry-After", "5"}}},
                            asked.path, now);
    } catch (const vault_error& failure) {
      shared_.trouble(failure.what(), shared_.clock->now());
      answer =
          error_answer({500,
                        "the record behind the secret key cannot be opened: ask who runs the service, or "
                        "make a new key"},
                       asked.path, now);
    } catch (const std::exception& failure) {
      shared_.trouble("a request could not be answered: " + detail::printable(failure.what(), 200),
                      shared_.clock->now());
      answer = error_answer(
          {500, "the sandbox failed to answer: this is a fault of the sandbox, please report it"}, asked.path,
          now);
    }
    answer.headers.set("Date", http_date(shared_.clock->wall_now()));
    answer.headers.set("X-Request-Id", request_id);
    return {.answer = std::move(answer), .wire = hit.fault ? hit.fault->wire : std::nullopt};
  }

  /// The writes that were accepted.
  sandbox::ledger& ledger() noexcept { return shared_.ledger; }

  /// The Metrc behind it.
  Metrc& metrc() noexcept { return *shared_.metrc; }

  /// What is to go wrong.
  fault_plan& faults() noexcept { return shared_.faults; }

 private:
  struct route {
    t3api::method method;
    std::string_view path;  ///< A star at its end stands for one part that is not empty.
    response (*run)(context<Metrc>&, const call&);
    bool (*covers)(std::string_view) noexcept = nullptr;  ///< In place of `path`.

    /// HEAD is answered as GET is: whoever sends the answer leaves out the body (RFC 9110 section 9.3.2).
    bool answers(t3api::method asked) const noexcept {
      return asked == method || (asked == t3api::method::head && method == t3api::method::get);
    }

    bool matches(std::string_view asked) const noexcept {
      if (covers != nullptr) return covers(asked);
      if (!path.ends_with('*')) return asked == path;
      const auto start = path.substr(0, path.size() - 1);
      return asked.size() > start.size() && asked.starts_with(start) &&
             asked.find('/', start.size()) == asked.npos;
    }
  };

  static constexpr route table[] = {
      {t3api::method::post, "/v2/auth/credentials", &routes::post_credentials<Metrc>},
      {t3api::method::post, "/v2/auth/apikey", &routes::post_apikey<Metrc>},
      {t3api::method::post, "/v2/auth/secretkey", &routes::post_secretkey<Metrc>},
      {t3api::method::get, "/v2/auth/secretkey", &routes::get_secretkeys<Metrc>},
      {t3api::method::delete_, "/v2/auth/secretkey/*", &routes::delete_secretkey<Metrc>},
      {t3api::method::get, "/v2/auth/whoami", &routes::get_whoami<Metrc>},
      {t3api::method::get, "/v2/licenses", &routes::get_licenses<Metrc>},
      {t3api::method::get, "/v2/states", &routes::get_states<Metrc>},
      {t3api::method::get, "/v2/pages/secret-key", &routes::get_secret_key_page<Metrc>},
      {t3api::method::get, "", &routes::get_collection<Metrc>, &is_collection},
      {t3api::method::get, "", &routes::get_report<Metrc>, &is_report},
      {t3api::method::get, "/v2/packages/create/inputs", &routes::get_create_inputs<Metrc>},
      {t3api::method::post, "/v2/packages/create", &routes::post_create_packages<Metrc>},
      {t3api::method::post, "/v2/packages/notes", &routes::post_package_notes<Metrc>},
      {t3api::method::post, "/v2/items/discontinue", &routes::post_discontinue_item<Metrc>},
      {t3api::method::get, "/sandbox/faults", &routes::get_faults<Metrc>},
      {t3api::method::post, "/sandbox/faults", &routes::post_fault<Metrc>},
      {t3api::method::delete_, "/sandbox/faults", &routes::delete_faults<Metrc>},
      {t3api::method::delete_, "/sandbox/faults/*", &routes::delete_fault<Metrc>},
      {t3api::method::get, "/sandbox/metrc", &routes::get_metrc<Metrc>},
      {t3api::method::post, "/sandbox/metrc", &routes::post_metrc<Metrc>},
      {t3api::method::get, "/sandbox/ledger", &routes::get_ledger<Metrc>},
      {t3api::method::delete_, "/sandbox/ledger", &routes::delete_ledger<Metrc>},
  };

  /// The delay ends early when the fault is removed or the server stops.
  wall_time after_delay(const struck_fault& hit, const stop_token& server_stops) {
    const auto delay = hit.fault->delay;
    if (delay > delay.zero()) {
      const detail::either_stop over(hit.removed, server_stops);
      shared_.clock->wait_until(shared_.clock->now() + delay, over.token());
    }
    return shared_.clock->wall_now();
  }

  static call take_apart(const request& asked, const caller& from, wall_time now) {
    request target{.method = asked.method, .path = asked.path, .query = asked.query};
    if (const auto wrong = normalise(target)) throw refusal(400, wrong->message);
    const auto most = most_body_bytes(target.path);
    if (asked.body.size() > most) {
      throw refusal(413, "the body is larger than " + std::to_string(most >> 10U) + " KiB");
    }
    return {.method = target.method,
            .path = std::move(target.path),
            .query = std::move(target.query),
            .headers = asked.headers,
            .body = asked.body,
            .now = now,
            .address = from.address,
            .stop = from.stop,
            .memory = from.memory};
  }

  static bool is_safe(t3api::method asked) noexcept {
    return asked == t3api::method::get || asked == t3api::method::head;
  }

  bool is_admin(std::string_view path) const noexcept {
    return shared_.settings.admin && path.starts_with(routes::admin_paths);
  }

  response dispatch(const call& c) {
    std::string allowed;
    for (const auto& r : table) {
      const bool admin = r.path.starts_with(routes::admin_paths);
      if (!r.matches(c.path) || (admin && !shared_.settings.admin)) continue;
      if (r.answers(c.method)) {
        if (admin && !is_safe(c.method)) require_json(c.headers, true);
        return r.run(shared_, c);
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(r.method));
      if (r.method == t3api::method::get) allowed += ", HEAD";
    }
    if (allowed.empty())
      throw refusal(404, "there is nothing at this path: check it against the sandbox's documentation");
    throw refusal(405, "this path does not answer " + std::string(to_string(c.method)) + ", only " + allowed,
                  {{"Allow", allowed}});
  }

  context<Metrc> shared_;
};

/// The sandbox: T3's auth service with a simulated Metrc behind it.
///
///     auto service = std::make_shared<t3api::sandbox::service>();
///     t3api::response answer = service->handle({.path = "/v2/states"});
class service : public basic_service<simulated_metrc> {
 public:
  /// Throws std::invalid_argument when accounts or API keys contradict each other, or an OTP seed is no
  /// Base32.
  explicit service(sandbox::settings settings = {}, const directory& known = demo_directory(),
                   std::shared_ptr<t3api::clock> clock = std::make_shared<real_clock>(), backing on = {})
      : service(std::move(settings), known, std::move(clock), complete(std::move(on)), complete_tag()) {}

 private:
  struct complete_tag {};

  service(sandbox::settings settings, const directory& known, std::shared_ptr<t3api::clock> clock,
          const backing& on, complete_tag)
      : basic_service(
            settings, known,
            std::make_shared<simulated_metrc>(
                known.accounts,
                simulated_metrc_options{.session_ttl = settings.session_ttl,
                                        .key = on.ring->ring()->derived("sessions of the simulated Metrc"),
                                        .shared = on.sessions},
                clock),
            clock, on) {}
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
