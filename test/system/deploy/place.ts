/** Where the tests deploy to: an account that cannot exist, in a region that does. */
export const account = '000000000000'
export const region = 'eu-central-1'
