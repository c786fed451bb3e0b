#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_CLIENT_HPP
#define T3API_CLIENT_HPP

#include <atomic>
#include <concepts>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <t3api/auth/concept.hpp>
#include <t3api/client/async_calls.hpp>
#include <t3api/client/call.hpp>
#include <t3api/client/state.hpp>
#include <t3api/core/call_options.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/json_body.hpp>
#include <t3api/detail/either_stop.hpp>
#include <t3api/retry/concept.hpp>
#include <t3api/transport/concept.hpp>

namespace t3api::inline v0_1_0 {

/// An authenticated client of the T3 API, put together from three policies. Copies are cheap and share
/// everything: connections, token and retry budget.
///
/// A call authorises each attempt afresh, renews the token once and repeats the request once after a 401, and
/// asks the retry policy after each failure, all under one deadline.
///
/// **Threads.** Any number of threads may use one client, or copies of it, at once; only assigning to it or
/// destroying it while another thread uses that same object needs a lock of the caller's.
///
/// **Exceptions.** `send` and its short forms throw for lack of memory only, and what a policy throws; a call
/// that throws leaves the client as good as before. An asynchronous call gives that as an error. `.value()`
/// on what they give back throws the error as an exception. Constructors give either a client or an
/// exception.
///
/// **Request ids.** Each call has an id, the request's own `X-Request-Id` or a new UUID, which goes with each
/// request that is made for it, and stands in each event of `client_config::logging` and in its error; only
/// the error of a JSON body that cannot be written has none.
///
/// **fork().** A child may use a client that its parent made, with connections and threads of its own, and
/// the parent's token; so long as no other thread was inside a call when the process forked. With calls in
/// flight make a new client in the child.
///
/// **End.** When the last copy goes, asynchronous calls in flight are cancelled. Those on the client's own
/// threads are also waited for, but for the one whose callback let go of that copy; those on an executor end
/// there.
template <class Transport, class Auth, class Retry>
class client {
  static_assert(transport<Transport>,
                "t3api::client: the Transport policy must have a member "
                "`t3api::outcome send(const t3api::request&, const t3api::send_options&)`");
  static_assert(auth_method<Auth>,
                "t3api::client: the Auth policy must have members "
                "`t3api::result<t3api::token_generation> authorize(t3api::request&, t3api::exchange&)` and "
                "`bool on_unauthorized(t3api::token_generation)`");
  static_assert(
      retry_policy<Retry>,
      "t3api::client: the Retry policy must have a member "
      "`std::optional<std::chrono::milliseconds> next_delay(const t3api::attempt&, const t3api::error&)`");

 public:
  /// A client with a transport of its own, made with `config`. Does no I/O. Throws std::invalid_argument when
  /// a setting of `config` cannot be used.
  explicit client(Auth auth, client_config config = {}) requires
      std::constructible_from<Transport, const client_config&> && std::default_initializable<Retry>
      : client(Transport(config), std::move(auth), Retry(), config) {}

  /// A client over a given transport. Throws as above.
  client(Transport carrier, Auth auth, client_config config = {}) requires std::default_initializable<Retry>
      : client(std::move(carrier), std::move(auth), Retry(), std::move(config)) {}

  /// A client over a given transport with a given retry policy. Throws as above.
  client(Transport carrier, Auth auth, Retry retry, client_config config = {})
      : state_(std::make_shared<state>(std::move(carrier), std::move(auth), std::move(retry),
                                       std::move(config))),
        async_(std::make_shared<detail::async_calls>(state_->config.executor, state_->config.async_threads)) {
  }

  /// Sends a request and gives its answer when the status is expected, or the error.
  result<response> send(request message, const call_options& options = {}) const {
    auto id = state_->request_id_of(message);
    return send_by(*state_, std::move(message), options, std::move(id));
  }

  /// `GET path`; parameters may stand in the path or in `query`.
  result<response> get(std::string path, query_params query = {}, const call_options& options = {}) const {
    return send({.method = method::get, .path = std::move(path), .query = std::move(query)}, options);
  }

  /// `POST path` with a JSON body.
  result<response> post(std::string path, const nlohmann::json& body,
                        const call_options& options = {}) const {
    return send_json(method::post, std::move(path), body, options);
  }

  /// `PUT path` with a JSON body.
  result<response> put(std::string path, const nlohmann::json& body, const call_options& options = {}) const {
    return send_json(method::put, std::move(path), body, options);
  }

  /// `DELETE path`.
  result<response> del(std::string path, const call_options& options = {}) const {
    return send({.method = method::delete_, .path = std::move(path)}, options);
  }

  /// Sends a request from another thread, of `client_config::executor` or of the client's own. The future is
  /// always fulfilled: with a `cancelled` error when the last copy of the client went in the meantime, and
  /// with std::future_error (`broken_promise`) when the executor drops the call.
  std::future<result<response>> async_send(request message, call_options options = {}) const {
    std::promise<result<response>> promised;
    auto answer = promised.get_future();
    async_send(std::move(message), std::move(options),
               [promised = std::make_shared<std::promise<result<response>>>(std::move(promised))](
                   result<response> got) { promised->set_value(std::move(got)); });
    return answer;
  }

  /// The same, with a callable that is given the answer, once: on the thread that made the call, or on the
  /// caller's when the executor throws instead of taking it. It must not throw. It is destroyed without
  /// having been called when the executor drops the call.
  template <std::invocable<result<response>> Done>
  void async_send(request message, call_options options, Done done) const {
    struct operation {
      std::shared_ptr<state> shared;
      std::string id;
      request message;
      call_options options;
      detail::either_stop stop;
      Done done;
      std::atomic<bool> begun = false;
      detail::credentials_wiper wiper{message, shared->host};
    };
    const auto where = async_;  // The callable may destroy this client.
    auto running = std::shared_ptr<operation>(new operation{.shared = state_,
                                                            .id = state_->request_id_of(message),
                                                            .message = std::move(message),
                                                            .options = options,
                                                            .stop{options.stop, where->ending()},
                                                            .done = std::move(done)});
    running->options.stop = running->stop.token();
    try {
      where->run([running] {
        if (!running->begun.exchange(true)) running->done(caught_send(*running));
      });
    } catch (...) {
      if (running->begun.exchange(true)) return;  // It did take the call: the answer comes, or has come.
      running->done(
          result<response>(error{.category = error_category::transport,
                                 .message = "the executor did not take the call: " + detail::caught_text(),
                                 .request_id = running->id,
                                 .retryable = true}));
    }
  }

  /// Runs `job` where the asynchronous calls run; the future holds what it gives or throws. Nothing cancels
  /// it. Throws what the executor throws.
  template <std::invocable Job>
  std::future<std::invoke_result_t<Job&>> async(Job job) const {
    // Not a std::packaged_task: libstdc++'s has a static function template, and so, unoptimised, compiles all
    // that any job of the library does into every file.
    using value = std::invoke_result_t<Job&>;
    struct task {
      Job job;
      std::promise<value> promised{};
      std::atomic<bool> begun = false;
    };
    const auto running = std::shared_ptr<task>(new task{std::move(job)});
    auto given = running->promised.get_future();
    const auto where = async_;  // The job may destroy this client.
    where->run([running] {
      if (running->begun.exchange(true)) return;
      try {
        if constexpr (std::is_void_v<value>) {
          running->job();
          running->promised.set_value();
        } else {
          running->promised.set_value(running->job());
        }
      } catch (...) {
        running->promised.set_exception(std::current_exception());
      }
    });
    return given;
  }

  /// Has the auth method get what it needs now, a token perhaps, rather than with the first call.
  result<token_generation> authenticate(const call_options& options = {}) const {
    request nothing{.path = "/"};
    auto id = state_->request_id_of(nothing);
    if (auto fault = state_->check_request(nothing, options)) return state::named(*std::move(fault), id);
    detail::call running(*state_, options, std::move(id), /*idempotent=*/true);
    return running.retried([&] { return running.authorize(); });
  }

  /// The settings it was made with.
  const client_config& config() const noexcept { return state_->config; }
  /// The auth method that it shares with its copies.
  const Auth& auth() const noexcept { return state_->auth; }

 private:
  using state = detail::client_state<Transport, Auth, Retry>;

  static result<response> send_by(state& shared, request message, const call_options& options,
                                  std::string id) {
    const detail::credentials_wiper wiper(message, shared.host);
    if (auto fault = shared.check_request(message, options)) return state::named(*std::move(fault), id);
    shared.add_defaults(message, id);
    detail::call running(shared, options, std::move(id),
                         options.idempotent.value_or(is_idempotent(message.method)));
    return running.retried([&] { return running.attempt(message); });
  }

  /// Sends the request of an operation; what a policy throws becomes an error.
  template <class Operation>
  static result<response> caught_send(Operation& running) {
    try {
      return send_by(*running.shared, std::move(running.message), running.options, running.id);
    } catch (...) {
      return error{.category = error_category::transport,
                   .message = "a policy of the client threw an exception: " + detail::caught_text(),
                   .request_id = running.id,
                   .sent = true};
    }
  }

  result<response> send_json(method how, std::string path, const nlohmann::json& body,
                             const call_options& options) const {
    auto text = json_body(body);
    if (!text) return text.error();
    return send({.method = how,
                 .path = std::move(path),
                 .headers = {{"Content-Type", "application/json"}},
                 .body = *std::move(text)},
                options);
  }

  std::shared_ptr<state> state_;
  std::shared_ptr<detail::async_calls> async_;
};

}  // namespace t3api::inline v0_1_0

#endif
