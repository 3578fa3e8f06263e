/** What a statement does and to which table, such as `insert iam.session`: what a span may be named by, unlike its text. */
export function summaryOf(sql: string): string {
  const [, verb = 'query'] = /^\s*(\w+)/.exec(sql) ?? []
  const [, table] = /\b(?:from|into|update|join)\s+("?[a-z_]+"?\."?[a-z_]+"?)/i.exec(sql) ?? []
  return [verb.toLowerCase(), ...(table === undefined ? [] : [table.replaceAll('"', '')])].join(' ')
}
