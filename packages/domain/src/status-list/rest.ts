/** The longest that an access token may live, in seconds: a grant's last one ends so long after the grant at most. */
export const longestToken = 3600

/**
 * A slot is free again this long after its grant ended, in seconds. Its bit is cleared when the last token has ended;
 * the ten minutes from then on are more than any copy of a list with the bit in it is believed.
 */
export const restSeconds = longestToken + 600
