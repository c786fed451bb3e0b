#ifndef T3API_SANDBOX_PAGES_SECRET_KEY_REQUESTS_HPP
#define T3API_SANDBOX_PAGES_SECRET_KEY_REQUESTS_HPP

#include <string_view>

namespace t3api::inline v0_1_0::sandbox::pages {

/// The part of the page's script that speaks with the service and puts what went wrong into words. Secrets go
/// into bodies and headers only, nothing is kept by the browser, and no cookie is sent.
inline constexpr std::string_view secret_key_requests = R"js(
const patience = 30000;
const inFlight = new Set();

// {status, content, wait}; the status is 0 when no answer came, the wait is in seconds or null.
async function ask(method, path, {token, body} = {}) {
  const headers = {Accept: 'application/json'};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(), patience);
  inFlight.add(cut);
  try {
    const answer = await fetch(path, {
      method, headers, body: body && JSON.stringify(body), signal: cut.signal, mode: 'same-origin',
      credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
    });
    const text = await answer.text();
    return {status: answer.status, content: parsed(text), wait: seconds(answer.headers.get('Retry-After'))};
  } catch {
    return {status: 0, content: null, wait: null};
  } finally {
    clearTimeout(timer);
    inFlight.delete(cut);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Of a Retry-After header: a number of seconds, or a date.
function seconds(header) {
  if (!header) return null;
  const wait = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(wait) ? Math.max(1, Math.ceil(wait)) : null;
}

const signIn = (form) => ask('POST', '/v2/auth/credentials', {body: form});
const makeKey = (form) => ask('POST', '/v2/auth/secretkey', {body: form});
const listKeys = (token) => ask('GET', '/v2/auth/secretkey', {token});
const deleteKey = (token, id) => ask('DELETE', `/v2/auth/secretkey/${encodeURIComponent(id)}`, {token});

function tryAgain(wait) {
  if (wait === null) return 'Wait a little, then try again.';
  if (wait < 120) return `Try again in ${wait} ${wait === 1 ? 'second' : 'seconds'}.`;
  return `Try again in ${Math.ceil(wait / 60)} minutes.`;
}

// The service's own words, as a sentence. They end up as text, never as markup.
function said(content) {
  const words = content?.error?.message;
  if (typeof words !== 'string' || words === '') return '';
  const sentence = words.slice(0, 500);
  return sentence[0].toUpperCase() + sentence.slice(1) + (/[.!?]$/.test(sentence) ? '' : '.');
}

// What went wrong and what to do, for all but what the caller knows better.
function trouble({status, content, wait}) {
  if (status === 0) return 'The service could not be reached. Check your connection, then try again.';
  if (status === 429) return `There were too many tries. ${tryAgain(wait)}`;
  if (status === 503) {
    const words = said(content) || 'The service is not available at the moment.';
    return /try again/i.test(words) ? words : `${words} ${tryAgain(wait)}`;
  }
  if (status >= 200 && status < 300) return 'The service gave an answer that this page does not understand.';
  return said(content) || `The service answered with the error ${status}. ${tryAgain(wait)}`;
}
)js";

}  // namespace t3api::inline v0_1_0::sandbox::pages

#endif
