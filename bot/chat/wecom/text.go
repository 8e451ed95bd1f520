package wecom

// What the channel itself says to people.
const textStreamGone = "这条回复已经过期，请再问一次。"
