const secrets = new RegExp(
  [
    'ml[a-z]_[0-9A-Za-z]+', // opaque tokens
    String.raw`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?`, // JWTs
    String.raw`(?<=:\/\/[^:/@\s"]{0,64}:)[^@/\s"]{1,128}(?=@)`, // passwords in connection strings
  ].join('|'),
  'g',
)
/** With a domain of letters at its end, which the versions in file names of packages have not. */
const addresses = /[^\s"'<>()[\]{}:,;=@/\\]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,63}/gu
const maySuspect = /ml[a-z]_|eyJ|@/

/**
 * A log line without opaque tokens, JWTs, passwords in connection strings and e-mail addresses, wherever in it they
 * stand: errors of a database or a mail server quote them.
 */
export function redact(line: string): string {
  if (!maySuspect.test(line)) return line
  return line.replace(secrets, '[redacted]').replace(addresses, '[address]')
}
