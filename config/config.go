// Package config holds the one value that says how the program runs. It starts
// from defaults and reads a YAML file, then the environment; flags are put on
// top by the caller through [Source.Flags].
//
// It must not know any other package of the program, open connections or
// write files.
package config

import (
	"time"
)

// Config is every setting by the name docs/config.md gives it. A setting whose
// part of the program is not there yet is still read and checked, so that a
// file stays valid. Durations of days and counts are plain numbers; the unit is
// in the name or in docs/config.md.
type Config struct {
	Listen         string   `yaml:"listen"`
	PublicURL      string   `yaml:"public_url"`
	TrustedProxies []string `yaml:"trusted_proxies"`
	Data           string   `yaml:"data"`
	Redis          Secret   `yaml:"redis"` // a URL, which may hold a password
	Space          string   `yaml:"space"`
	SecretKey      Secret   `yaml:"secret_key"`
	Timezone       string   `yaml:"timezone"`
	Plans          []string `yaml:"plans"`
	Thesaurus      string   `yaml:"thesaurus"`
	Review         bool     `yaml:"review"` // who uploaded a document may not publish it

	WeCom    WeCom    `yaml:"wecom"`
	DingTalk DingTalk `yaml:"dingtalk"`

	Remind    Remind    `yaml:"remind"`
	Limits    Limits    `yaml:"limits"`
	Retention Retention `yaml:"retention"`
	Holidays  []Holiday `yaml:"holidays"`
	Assess    []Weights `yaml:"assess"`
}

// WeCom is the corporation's own application and its AI robot.
type WeCom struct {
	CorpID  string `yaml:"corp_id"`
	AgentID int    `yaml:"agent_id"`
	Secret  Secret `yaml:"secret"`
	Token   Secret `yaml:"token"`
	AESKey  Secret `yaml:"aes_key"`
	APIBase string `yaml:"api_base"`
	WSBase  string `yaml:"ws_base"`
	AIBot   AIBot  `yaml:"aibot"`
}

// AIBot is the WeCom AI robot (智能机器人).
type AIBot struct {
	Mode   string `yaml:"mode"` // ws or http
	ID     string `yaml:"id"`
	Secret Secret `yaml:"secret"`
	Token  Secret `yaml:"token"`
	AESKey Secret `yaml:"aes_key"`
	Name   string `yaml:"name"`
}

// DingTalk is the organisation's own application and its robot.
type DingTalk struct {
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"`
	RobotCode    string `yaml:"robot_code"`
	AESKey       Secret `yaml:"aes_key"`
	Mode         string `yaml:"mode"` // stream or http
	APIBase      string `yaml:"api_base"`
	OAPIBase     string `yaml:"oapi_base"`
	CorpID       string `yaml:"corp_id"`    // for pages inside the client
	AgentID      int    `yaml:"agent_id"`   // the same
	JSAPIHash    string `yaml:"jsapi_hash"` // sha256 or sha1
}

// Remind says when notices about tasks may go out and how many.
type Remind struct {
	Hours        string `yaml:"hours"`         // 08:30-17:30
	Digest       string `yaml:"digest"`        // 09:00
	Offsets      []int  `yaml:"offsets"`       // days before the due day, falling
	OverdueEvery int    `yaml:"overdue_every"` // working days between notices once overdue
	DailyCap     int    `yaml:"daily_cap"`     // notices to one unit in a day
	Sign         []int  `yaml:"sign"`          // working days after the handing out on which to ask for 签收, rising
	Support      []int  `yaml:"support"`       // offsets of the units that help
	Head         int    `yaml:"head"`          // working days past the due day from which the unit's heads are told
	Office       int    `yaml:"office"`        // and the office
	Bulletin     bool   `yaml:"bulletin"`      // the office gets 督办通报 each week
}

// Limits are what the platforms allow; we count before we send.
type Limits struct {
	WeComRobotPerMinute    int `yaml:"wecom_robot_per_minute"`
	WeComMemberPerMinute   int `yaml:"wecom_member_per_minute"`
	WeComMemberPerHour     int `yaml:"wecom_member_per_hour"`
	AIBotPerMinute         int `yaml:"aibot_per_minute"`
	AIBotPerHour           int `yaml:"aibot_per_hour"`
	DingTalkRobotPerMinute int `yaml:"dingtalk_robot_per_minute"`
}

// Retention is how many days each kind of record is kept.
type Retention struct {
	Questions int `yaml:"questions"`
	Notices   int `yaml:"notices"`
	Sessions  int `yaml:"sessions"`
}

// Holiday is a day that differs from the built-in calendar.
type Holiday struct {
	Date string `yaml:"date"` // 2027-01-01
	Off  bool   `yaml:"off"`  // false: a working day, even on a weekend
	Name string `yaml:"name"`
}

// Weights say how the results of a year's assessment count, in points.
type Weights struct {
	Year    int `yaml:"year"`
	OnTime  int `yaml:"on_time"`  // done by the deadline
	LateDay int `yaml:"late_day"` // off for each day past it
	Late    int `yaml:"late"`     // the least for what is done
	Delay   int `yaml:"delay"`    // off for each delay that was granted
}

// Default returns the settings of a machine where nothing is configured.
func Default() Config {
	return Config{
		Listen:   "127.0.0.1:8080",
		Data:     "./data",
		Space:    "default",
		Timezone: "Asia/Shanghai",
		WeCom: WeCom{
			APIBase: "https://qyapi.weixin.qq.com",
			WSBase:  "wss://openws.work.weixin.qq.com",
			AIBot:   AIBot{Mode: "ws"},
		},
		DingTalk: DingTalk{
			Mode:      "stream",
			APIBase:   "https://api.dingtalk.com",
			OAPIBase:  "https://oapi.dingtalk.com",
			JSAPIHash: "sha256",
		},
		Remind: Remind{
			Hours: "08:30-17:30", Digest: "09:00", Offsets: []int{7, 3, 1, 0}, OverdueEvery: 1, DailyCap: 3,
			Sign: []int{1, 3, 5}, Support: []int{3}, Head: 3, Office: 5, Bulletin: true,
		},
		Limits: Limits{
			WeComRobotPerMinute: 20, WeComMemberPerMinute: 30, WeComMemberPerHour: 1000,
			AIBotPerMinute: 30, AIBotPerHour: 1000, DingTalkRobotPerMinute: 15,
		},
		Retention: Retention{Questions: 180, Notices: 1095, Sessions: 7},
	}
}

// Location returns the time zone the settings name. It must not be called on a
// Config that did not pass [Config.Check]; it then returns UTC.
func (c *Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}
