#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_HTML_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_HTML_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The body of the page of secret keys up to where the states stand in its form. All parts are hidden until
/// the script shows them; without it the page says so. A form's `method` is for a browser that would send it
/// by itself, which the page's policy forbids too: passwords never go into an address.
inline constexpr std::string_view secret_key_html_start = R"html(<header>
  <p class="brand">T3 API <span class="tag">sandbox</span></p>
  <div class="account" data-part="account" hidden>
    <p>Signed in as <strong data-part="who"></strong></p>
    <button type="button" class="plain" data-part="sign-out">Sign out</button>
  </div>
</header>
<main>
  <h1>Secret keys</h1>
  <p>A secret key lets a script or a spreadsheet use the T3 API as you, until you delete it. Your Metrc
    credentials are kept encrypted behind it; when you change them in Metrc, the key stops working and you
    make a new one.</p>
  <p class="note">This is a sandbox with a simulated Metrc. Use its demo accounts, never a real Metrc
    password.</p>
  <noscript><p class="note">This page needs JavaScript. Without it, use
    <code>POST /v2/auth/secretkey</code> from a program.</p></noscript>
  <p class="status" role="status" data-part="status"></p>

  <section class="card new-key" aria-labelledby="new-key-title" data-part="new-key" hidden>
    <h2 id="new-key-title" tabindex="-1">Your new secret key</h2>
    <p><strong>Copy it now: you will not see it again.</strong> Keep it like a password.</p>
    <p class="key"><code id="new-key-value" data-part="new-key-value"></code></p>
    <div class="actions">
      <button type="button" class="main" data-part="copy">Copy the key</button>
      <button type="button" class="plain" data-part="hide-key">I have kept it, hide it</button>
    </div>
    <p class="hint">Send it with each request as the header <code>X-T3-API-Key</code>.</p>
  </section>

  <section class="card" aria-labelledby="sign-in-title" data-part="sign-in" hidden>
    <h2 id="sign-in-title">Sign in with Metrc</h2>
    <form method="post" novalidate data-part="sign-in-form" aria-labelledby="sign-in-title">
      <p class="wrong" role="alert" data-part="sign-in-wrong"></p>
      <div class="field">
        <label for="hostname">State</label>
        <select id="hostname" name="hostname" required aria-describedby="hostname-wrong">
          <option value="">Choose your state</option>
)html";

/// What follows the states.
inline constexpr std::string_view secret_key_html_end = R"html(        </select>
        <p class="wrong" id="hostname-wrong"></p>
      </div>
      <div class="field">
        <label for="username">Username</label>
        <input id="username" name="username" type="text" required autocomplete="username"
          autocapitalize="none" spellcheck="false" maxlength="256" aria-describedby="username-wrong">
        <p class="wrong" id="username-wrong"></p>
      </div>
      <div class="field">
        <label for="password">Password</label>
        <div class="with-button">
          <input id="password" name="password" type="password" required autocomplete="current-password"
            maxlength="256" aria-describedby="password-wrong">
          <button type="button" class="plain" data-shows="password" aria-pressed="false"
            aria-label="Show the password">Show</button>
        </div>
        <p class="wrong" id="password-wrong"></p>
      </div>
      <div data-part="sign-in-needed"></div>
      <details data-part="sign-in-more">
        <summary>More</summary>
        <p class="hint">Only for an account that asks for these at every login.</p>
        <div class="field" data-part="email-field">
          <label for="email">E-mail address</label>
          <p class="hint" id="email-hint">The one that Metrc has of you; logins in Colorado need it.</p>
          <input id="email" name="email" type="email" autocomplete="email" maxlength="256"
            aria-describedby="email-hint email-wrong">
          <p class="wrong" id="email-wrong"></p>
        </div>
        <div class="field" data-part="otp-field">
          <label for="otp">One-time code</label>
          <p class="hint" id="otp-hint">The 6 digits that your authenticator app shows now; logins in Michigan
            need them.</p>
          <input id="otp" name="otp" type="text" inputmode="numeric" autocomplete="one-time-code"
            maxlength="12" aria-describedby="otp-hint otp-wrong">
          <p class="wrong" id="otp-wrong"></p>
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="main" data-part="sign-in-button">Sign in</button>
      </div>
    </form>
  </section>

  <section class="card" aria-labelledby="keys-title" data-part="keys" hidden>
    <div class="title">
      <h2 id="keys-title" tabindex="-1">Your keys</h2>
      <button type="button" class="plain" data-part="refresh" aria-label="Refresh the list">Refresh</button>
    </div>
    <p class="wrong" role="alert" data-part="keys-wrong"></p>
    <p data-part="no-keys" hidden>You have no secret keys yet.</p>
    <ul class="keys" role="list" data-part="key-list" aria-labelledby="keys-title"></ul>
  </section>

  <section class="card" aria-labelledby="create-title" data-part="create" hidden>
    <h2 id="create-title">Make a new key</h2>
    <form method="post" novalidate data-part="create-form" aria-labelledby="create-title">
      <p class="wrong" role="alert" data-part="create-wrong"></p>
      <div class="field">
        <label for="key-username">Username</label>
        <input id="key-username" name="username" type="text" readonly autocomplete="username">
      </div>
      <div class="field">
        <label for="key-password">Password, once more</label>
        <p class="hint" id="key-password-hint">Metrc checks it now; the key keeps it, encrypted, to log in for
          you.</p>
        <div class="with-button">
          <input id="key-password" name="password" type="password" required autocomplete="current-password"
            maxlength="256" aria-describedby="key-password-hint key-password-wrong">
          <button type="button" class="plain" data-shows="key-password" aria-pressed="false"
            aria-label="Show the password">Show</button>
        </div>
        <p class="wrong" id="key-password-wrong"></p>
      </div>
      <div data-part="create-needed"></div>
      <details data-part="create-more">
        <summary>More</summary>
        <p class="hint">Only for an account that asks for one-time codes.</p>
        <div class="field" data-part="seed-field">
          <label for="seed">One-time code seed</label>
          <p class="hint" id="seed-hint">The text of letters and digits 2 to 7 that your authenticator app was
            set up with, not a code: the key makes its codes from it.</p>
          <div class="with-button">
            <input id="seed" name="otpSeed" type="text" class="masked" autocomplete="off"
              autocapitalize="characters" spellcheck="false" maxlength="256"
              aria-describedby="seed-hint seed-wrong">
            <button type="button" class="plain" data-shows="seed" aria-pressed="false"
              aria-label="Show the seed">Show</button>
          </div>
          <p class="wrong" id="seed-wrong"></p>
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="main" data-part="create-button">Make a key</button>
      </div>
    </form>
  </section>
</main>

<dialog aria-labelledby="delete-title" aria-describedby="delete-text" data-part="delete-dialog">
  <h2 id="delete-title">Delete this key?</h2>
  <p id="delete-text" data-part="delete-text"></p>
  <p class="wrong" role="alert" data-part="delete-wrong"></p>
  <div class="actions">
    <button type="button" class="plain" autofocus data-part="delete-cancel">Cancel</button>
    <button type="button" class="danger" data-part="delete-confirm">Delete the key</button>
  </div>
</dialog>

<template data-part="key-row">
  <li>
    <h3></h3>
    <p class="ended" hidden>No longer works: Metrc refused its credentials. Delete it and make a new one.</p>
    <dl>
      <div><dt>Made</dt><dd><time data-is="created"></time></dd></div>
      <div><dt>Last used</dt><dd><time data-is="used"></time></dd></div>
    </dl>
    <button type="button" class="plain delete">Delete</button>
  </li>
</template>
)html";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
