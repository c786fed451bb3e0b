#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_FORMS_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_FORMS_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The part of the page's script that every form needs: finding parts, checking what was filled in, doing a
/// thing once however often its button is pressed, and saying what happened.
inline constexpr std::string_view secret_key_forms = R"js(
const part = (name) => document.querySelector(`[data-part="${name}"]`);

// A status or alert is read out when its text changes: what was said before is taken away when a request starts.
function say(name, text) {
  part(name).textContent = text;
}

function show(name, shown) {
  part(name).hidden = !shown;
}

function mark(input, wrong) {
  document.getElementById(`${input.id}-wrong`).textContent = wrong;
  if (wrong) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
}

const compact = (text) => text.replace(/[\s-]/g, '');

// What is wrong with one field, or nothing.
function wrongWith(input) {
  const value = input.type === 'password' ? input.value : input.value.trim();
  const label = input.labels[0].textContent.trim();
  if (value === '') {
    if (!input.required) return '';
    return input.tagName === 'SELECT' ? 'Choose your state.' : `Fill in: ${label}.`;
  }
  if (input.id === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value)) {
    return 'This is no e-mail address: write it like name@example.com.';
  }
  if (input.id === 'otp' && !/^\d{6}$/.test(compact(value))) return 'A code has 6 digits.';
  if (input.id === 'seed' && !/^[a-z2-7]{8,}=*$/i.test(compact(value))) {
    return /^\d{6}$/.test(compact(value))
      ? 'This is a code. Give the seed that codes are made from.'
      : 'A seed has at least 8 letters A to Z and digits 2 to 7.';
  }
  return '';
}

// Marks what is wrong, puts the focus on the first of it, and tells whether all is well.
function complete(form, alertName) {
  const inputs = [...form.querySelectorAll('input:not([readonly]), select')];
  for (const input of inputs) mark(input, wrongWith(input));
  const wrong = inputs.filter((input) => input.hasAttribute('aria-invalid'));
  say(alertName, wrong.length > 1 ? `${wrong.length} fields need your attention.` : '');
  if (wrong.length === 0) return true;
  wrong[0].closest('details')?.setAttribute('open', '');
  wrong[0].focus();
  return false;
}

function unmark(form) {
  for (const input of form.querySelectorAll('[aria-invalid]')) mark(input, '');
}

// Empties a form, hides again what was made visible, and takes the marks away.
function clear(form) {
  form.reset();
  unmark(form);
  for (const button of form.querySelectorAll('[data-shows]')) reveal(button, false);
}

function reveal(button, visible) {
  const input = document.getElementById(button.dataset.shows);
  if (input.name === 'password') input.type = visible ? 'text' : 'password';
  else input.classList.toggle('masked', !visible);
  button.setAttribute('aria-pressed', String(visible));
  button.textContent = visible ? 'Hide' : 'Show';
}

// Runs an action when its button is pressed or its form is sent, but never twice at a time.
function once(button, action) {
  return async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    try {
      await action();
    } finally {
      button.removeAttribute('aria-disabled');
    }
  };
}

// A field that this account needs stands among the others; one that it may need is found under "More".
function place(field, needed, neededPart, morePart) {
  field.querySelector('input').required = needed;
  (needed ? part(neededPart) : part(morePart)).append(field);
  show(morePart, part(morePart).querySelector('.field') !== null);
}
)js";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
