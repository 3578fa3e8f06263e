/** Pages are for people: the OpenAPI document leaves them out. */
export const hidden = { schema: { hide: true } } as const
