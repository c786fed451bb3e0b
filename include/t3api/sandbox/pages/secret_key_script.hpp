#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_SCRIPT_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_SCRIPT_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The part of the page's script that is about keys: signing in, the list, making one, deleting one. The
/// token lives in a variable and ends with the page; a new key is on the page only, until it is hidden. Names
/// and messages become text nodes, never markup.
inline constexpr std::string_view secret_key_script = R"js(
let session = null;  // {token, hostname, username, email, usesCode}
let turns = 0;       // How often the list was asked for: only the last answer counts.
let doomed = null;   // The key that the dialog asks about.

const signInForm = part('sign-in-form');
const createForm = part('create-form');
const dialog = part('delete-dialog');

function needs(hostname) {
  const option = [...signInForm.hostname.options].find((o) => o.value === hostname);
  return option?.dataset.needs ?? '';
}

function placeSignInFields() {
  const needed = needs(signInForm.hostname.value);
  place(part('email-field'), needed === 'email', 'sign-in-needed', 'sign-in-more');
  place(part('otp-field'), needed === 'otp', 'sign-in-needed', 'sign-in-more');
}

function render() {
  const holdsKey = part('new-key-value').textContent !== '';
  show('account', session !== null);
  show('sign-in', session === null);
  show('keys', session !== null);
  show('new-key', holdsKey);
  show('create', session !== null && !holdsKey);
  if (session === null) return;
  part('who').textContent = `${session.username} on ${session.hostname}`;
  createForm['key-username'].value = session.username;
  place(part('seed-field'), needs(session.hostname) === 'otp' || session.usesCode, 'create-needed', 'create-more');
}

function leaveSession() {
  session = null;
  doomed = null;
  if (dialog.open) dialog.close();
  part('key-list').replaceChildren();
  show('no-keys', false);
}

// Ends the session here, and with it all that the page holds.
function forget() {
  for (const cut of inFlight) cut.abort();
  leaveSession();
  part('new-key-value').textContent = '';
  part('who').textContent = '';
  part('delete-text').textContent = '';
  clear(signInForm);
  clear(createForm);
  part('sign-in-more').open = false;
  part('create-more').open = false;
  for (const name of ['status', 'sign-in-wrong', 'keys-wrong', 'create-wrong', 'delete-wrong']) say(name, '');
  placeSignInFields();
  render();
}

// The token is not accepted any more. A new key, and what was filled in, stay.
function sessionEnded() {
  const {hostname, username, email} = session;
  leaveSession();
  signInForm.hostname.value = hostname;
  signInForm.username.value = username;
  signInForm.email.value = email;
  placeSignInFields();
  render();
  say('status', '');
  say('sign-in-wrong', 'Your session has ended. Sign in again to go on; nothing is lost.');
  signInForm.password.focus();
}

async function submitSignIn() {
  if (!complete(signInForm, 'sign-in-wrong')) return;
  const form = {
    hostname: signInForm.hostname.value,
    username: signInForm.username.value.trim(),
    password: signInForm.password.value,
  };
  const email = signInForm.email.value.trim();
  const otp = compact(signInForm.otp.value);
  if (email) form.email = email;
  if (otp) form.otp = otp;
  say('status', 'Signing in…');
  const answer = await signIn(form);
  say('status', '');
  const token = answer.content?.accessToken;
  if (answer.status !== 200 || typeof token !== 'string') {
    signInForm.otp.value = '';
    say('sign-in-wrong', answer.status === 401 ? refusedSignIn(form.hostname) : trouble(answer));
    signInForm.password.focus();
    return;
  }
  if (createForm['key-username'].value !== form.username) clear(createForm);
  clear(signInForm);
  say('sign-in-wrong', '');
  session = {token, hostname: form.hostname, username: form.username, email, usesCode: otp !== ''};
  render();
  say('status', `You are signed in as ${session.username}.`);
  document.getElementById('keys-title').focus();
  await refresh();
}

function refusedSignIn(hostname) {
  const also = {email: ', and the e-mail address', otp: ', and the one-time code, which works once'};
  return 'Metrc refused the sign-in. Check state, username and password' + (also[needs(hostname)] ?? '') + '.';
}

// Whether the list is now what the service has.
async function refresh() {
  const mine = session;
  const turn = ++turns;
  say('keys-wrong', '');
  const answer = await listKeys(mine.token);
  if (session !== mine || turn !== turns) return false;
  if (answer.status === 401) {
    sessionEnded();
    return false;
  }
  if (answer.status !== 200 || !Array.isArray(answer.content)) {
    say('keys-wrong', `The list could not be loaded. ${trouble(answer)}`);
    return false;
  }
  const newestFirst = answer.content.filter((key) => typeof key?.id === 'string').reverse();
  part('key-list').replaceChildren(...newestFirst.map(row));
  show('no-keys', newestFirst.length === 0);
  return true;
}

function setTime(element, iso, otherwise) {
  const when = new Date(iso ?? NaN);
  if (Number.isNaN(when.getTime())) {
    element.textContent = iso ?? otherwise;
    return;
  }
  element.dateTime = iso;
  element.textContent = when.toLocaleString(undefined, moment);
}

const moment = {dateStyle: 'medium', timeStyle: 'short'};
const nameOf = (key) => `Key ${key.id.slice(0, 8)}`;

function row(key) {
  const item = part('key-row').content.cloneNode(true);
  item.querySelector('h3').textContent = nameOf(key);
  item.querySelector('.ended').hidden = key.isEnabled !== false;
  setTime(item.querySelector('[data-is="created"]'), key.createdAt, 'unknown');
  setTime(item.querySelector('[data-is="used"]'), key.lastUsedAt, 'never');
  const button = item.querySelector('button');
  button.setAttribute('aria-label', `Delete ${nameOf(key)}`);
  button.addEventListener('click', () => askToDelete(key));
  return item;
}

async function submitCreate() {
  if (!complete(createForm, 'create-wrong')) return;
  const mine = session;
  const form = {hostname: mine.hostname, username: mine.username, password: createForm['key-password'].value};
  const seed = compact(createForm.seed.value);
  if (mine.email) form.email = mine.email;
  if (seed) form.otpSeed = seed;
  say('status', 'Making a key…');
  const answer = await makeKey(form);
  if (session !== mine) return;
  say('status', '');
  const key = answer.content?.secretKey;
  if (answer.status !== 200 || typeof key !== 'string' || key === '') {
    await notMade(answer, form);
    return;
  }
  clear(createForm);
  say('create-wrong', '');
  part('new-key-value').textContent = key;
  render();
  say('status', 'The key is made: copy it now.');
  document.getElementById('new-key-title').focus();
  await refresh();
}

async function notMade(answer, form) {
  if (answer.status === 401) {
    say('create-wrong', `Metrc refused these credentials. Check the password${form.otpSeed ? ' and the seed' : ''}.`);
  } else if (answer.status === 0 || answer.status === 200) {
    say('create-wrong', 'The answer did not arrive, so a key may have been made that nobody has seen. ' +
      'If the list holds one that you do not know, delete it; then try again.');
    await refresh();
  } else {
    say('create-wrong', trouble(answer));
  }
  if (session !== null) createForm['key-password'].focus();
}

async function copyKey() {
  const value = part('new-key-value');
  try {
    await navigator.clipboard.writeText(value.textContent);
    say('status', 'The key is copied.');
  } catch {
    getSelection().selectAllChildren(value);
    say('status', 'The browser does not let this page copy. The key is selected: copy it yourself.');
  }
}

function hideKey() {
  part('new-key-value').textContent = '';
  render();
  say('status', 'The key is hidden.');
  (session === null ? signInForm.password : document.getElementById('keys-title')).focus();
}

function askToDelete(key) {
  doomed = key;
  const made = new Date(key.createdAt ?? NaN);
  const when = Number.isNaN(made.getTime()) ? '' : `, made on ${made.toLocaleString(undefined, moment)}`;
  part('delete-text').textContent =
    `${nameOf(key)}${when}. Whatever uses it is refused from that moment on. This cannot be undone.`;
  say('delete-wrong', '');
  dialog.showModal();
}

async function confirmDelete() {
  const mine = session;
  const key = doomed;
  say('delete-wrong', '');
  const answer = await deleteKey(mine.token, key.id);
  if (session !== mine) return;
  if (answer.status === 401) {
    sessionEnded();
  } else if (answer.status === 200 || answer.status === 204 || answer.status === 404) {
    if (dialog.open && doomed === key) dialog.close();
    await refresh();
    say('status', `${nameOf(key)} is deleted.`);
    document.getElementById('keys-title').focus();
  } else {
    say(dialog.open ? 'delete-wrong' : 'keys-wrong', `${nameOf(key)} is not deleted. ${trouble(answer)}`);
  }
}

signInForm.addEventListener('submit', once(part('sign-in-button'), submitSignIn));
signInForm.hostname.addEventListener('change', placeSignInFields);
createForm.addEventListener('submit', once(part('create-button'), submitCreate));
part('copy').addEventListener('click', once(part('copy'), copyKey));
part('hide-key').addEventListener('click', hideKey);
part('refresh').addEventListener('click', once(part('refresh'), async () => {
  if (await refresh()) say('status', 'The list is up to date.');
}));
part('sign-out').addEventListener('click', () => {
  forget();
  say('status', 'You are signed out.');
  signInForm.hostname.focus();
});
part('delete-cancel').addEventListener('click', () => dialog.close());
part('delete-confirm').addEventListener('click', once(part('delete-confirm'), confirmDelete));
for (const button of document.querySelectorAll('[data-shows]')) {
  button.addEventListener('click', () => reveal(button, button.getAttribute('aria-pressed') !== 'true'));
}
for (const form of [signInForm, createForm]) {
  form.addEventListener('input', (event) => {
    if (event.target.hasAttribute('aria-invalid')) mark(event.target, wrongWith(event.target));
  });
}
addEventListener('pagehide', forget);
placeSignInFields();
render();
)js";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
