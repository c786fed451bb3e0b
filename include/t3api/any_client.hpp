#include <t3api/version.hpp>  // Outside of the guard: it refuses another version.

#ifndef T3API_ANY_CLIENT_HPP
#define T3API_ANY_CLIENT_HPP

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <t3api/core/call_options.hpp>
#include <t3api/core/json_fwd.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/result.hpp>
#include <t3api/fwd.hpp>

namespace t3api::inline v0_1_0 {

/// A client whose policies do not show in its type: for functions that take any client, and for the many
/// files that only use one, since this header costs a fraction of what client.hpp and the policies do. It is
/// made from a `client`, where that is made; copies are cheap and share it. Threads, exceptions, `fork()` and
/// end are as with `client`.
///
/// `response::json()` and JSON bodies need t3api/core/json.hpp.
class any_client {
 public:
  /// Takes any client, and so does a function that takes an `any_client`.
  template <class Transport, class Auth, class Retry>
  any_client(client<Transport, Auth, Retry> made)
      : held_(std::make_shared<const holder<client<Transport, Auth, Retry>>>(std::move(made))) {}

  /// As `client::send`.
  result<response> send(request message, const call_options& options = {}) const {
    return held_->send(std::move(message), options);
  }

  /// As `client::get`.
  result<response> get(std::string path, query_params query = {}, const call_options& options = {}) const {
    return send({.method = method::get, .path = std::move(path), .query = std::move(query)}, options);
  }

  /// As `client::post`.
  result<response> post(std::string path, const nlohmann::json& body,
                        const call_options& options = {}) const {
    return held_->post(std::move(path), body, options);
  }

  /// As `client::put`.
  result<response> put(std::string path, const nlohmann::json& body, const call_options& options = {}) const {
    return held_->put(std::move(path), body, options);
  }

  /// As `client::del`.
  result<response> del(std::string path, const call_options& options = {}) const {
    return send({.method = method::delete_, .path = std::move(path)}, options);
  }

  /// As `client::async_send` with a callable, which must be copyable here.
  void async_send(request message, call_options options, std::function<void(result<response>)> done) const {
    held_->async_send(std::move(message), std::move(options), std::move(done));
  }

  /// As `client::async`; what the job throws is lost.
  void async(std::function<void()> job) const { held_->async(std::move(job)); }

  /// The settings the client was made with.
  const client_config& config() const noexcept { return held_->config(); }

 private:
  struct any_holder {
    any_holder() = default;
    any_holder(const any_holder&) = delete;
    any_holder& operator=(const any_holder&) = delete;
    virtual ~any_holder() = default;

    virtual result<response> send(request message, const call_options& options) const = 0;
    virtual result<response> post(std::string path, const nlohmann::json& body,
                                  const call_options& options) const = 0;
    virtual result<response> put(std::string path, const nlohmann::json& body,
                                 const call_options& options) const = 0;
    virtual void async_send(request message, call_options options,
                            std::function<void(result<response>)> done) const = 0;
    virtual void async(std::function<void()> job) const = 0;
    virtual const client_config& config() const noexcept = 0;
  };

  template <class Client>
  struct holder final : any_holder {
    explicit holder(Client made) : held(std::move(made)) {}

    result<response> send(request message, const call_options& options) const override {
      return held.send(std::move(message), options);
    }
    result<response> post(std::string path, const nlohmann::json& body,
                          const call_options& options) const override {
      return held.post(std::move(path), body, options);
    }
    result<response> put(std::string path, const nlohmann::json& body,
                         const call_options& options) const override {
      return held.put(std::move(path), body, options);
    }
    void async_send(request message, call_options options,
                    std::function<void(result<response>)> done) const override {
      held.async_send(std::move(message), std::move(options), std::move(done));
    }
    void async(std::function<void()> job) const override { (void)held.async(std::move(job)); }
    const client_config& config() const noexcept override { return held.config(); }

    Client held;
  };

  std::shared_ptr<const any_holder> held_;
};

}  // namespace t3api::inline v0_1_0

#endif
