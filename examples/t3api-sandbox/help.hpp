#ifndef T3API_EXAMPLES_SANDBOX_HELP_HPP
#define T3API_EXAMPLES_SANDBOX_HELP_HPP

inline constexpr const char* help =
    R"(t3api-sandbox: a local T3 auth service to test against; only Metrc behind it is simulated

Commands
  t3api-sandbox [OPTIONS]         serve, until SIGINT or SIGTERM
  t3api-sandbox keygen FILE       make a key ring in a new file that only you can read
  t3api-sandbox keygen --add FILE
                                  add a key to the ring: secret keys made from then on are kept under it
  t3api-sandbox rotate --data DIR --kek-file FILE
                                  keep all secret keys in DIR under the newest key of the ring; services may
                                  run meanwhile, and it may be ended and started again at any time
  t3api-sandbox keygen --prune FILE --data DIR
                                  take all keys but the newest out of the ring, if no secret key in DIR needs
                                  them

Where it listens
  --host ADDRESS                  (127.0.0.1) any other than this machine's own is a risk: it is no hardened
                                  service
  --port NUMBER                   (0) 0 takes any free port
  --name NAME                     a name by which callers reach it, beside localhost, IP addresses and names
                                  without a dot; may be given several times. Requests to other names are
                                  refused
  --proxy ADDRESS                 IP address of a proxy in front, whose X-Forwarded-For names the callers
  --tls-cert FILE --tls-key FILE  serve HTTPS with this PEM certificate or chain, and its key

Who may come in
  --accounts FILE                 accounts and API keys as JSON; without it the demo accounts below
  --jwt-ttl DURATION              (1h) life of a token: 90, 90s, 15m or 24h
  --session-ttl DURATION          (24h) life of a Metrc session
  --rate-limit NUMBER             (600) requests and logins of one user in a minute; 0 for no limit
  --login-limit NUMBER            (10) failed logins of one account in 5 minutes; 0 for no limit, of an
                                  address neither
  --key-limit NUMBER              (100) secret keys of one user; 0 for no limit

What it serves
  --packages NUMBER               (250) active packages of each licence
  --seed NUMBER                   (1) the same number makes the same data
  --faults                        serve /sandbox/..., by which tests order faults; only on this machine, and
                                  not behind --proxy

What outlives it
  --data DIR                      keep secret keys in an SQLite database in this folder, encrypted
  --kek-file FILE                 the key ring that encrypts them; "keygen" makes one
  --redis ADDRESS                 keep Metrc sessions in Redis, encrypted, for several services that are to
                                  behave as one: HOST:PORT, redis://[USER@]HOST[:PORT][/DATABASE] or
                                  unix:/PATH; needs a key ring too
Without these, keys and sessions end with the program.

Environment
  T3API_SANDBOX_KEYS              the text of a key ring, in place of --kek-file
  T3API_SANDBOX_REDIS_PASSWORD    the password of --redis; it belongs into no argument

When it is ready it prints one line, {"url": ..., "pid": ...}, to standard output. Standard error gets the
access log: time, caller, method, path without query, status, duration, request id.
Exit codes: 0 all went well, 1 something could not be used or done, 2 an argument is wrong.

Demo accounts, each with the licences LIC-00001 and LIC-00002
  ca.metrc.com  demo-ca  demo-ca-password
  co.metrc.com  demo-co  demo-co-password  e-mail demo@example.com
  mi.metrc.com  demo-mi  demo-mi-password  OTP seed JBSWY3DPEHPK3PXP
  API key demo-api-key for the state CA, the account demo-ca

To begin with
  t3api-sandbox --port 8088
  curl -s http://127.0.0.1:8088/v2/auth/credentials -H 'Content-Type: application/json' \
    -d '{"hostname": "ca.metrc.com", "username": "demo-ca", "password": "demo-ca-password"}'
With keys that outlive it
  t3api-sandbox keygen ring.json
  t3api-sandbox --port 8088 --data keys --kek-file ring.json
)";

#endif
