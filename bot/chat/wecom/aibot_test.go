package wecom_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/chat/wecom"
)

// botAnswer is what an AI bot in callback mode answers to what is in plain.
func botAnswer(t *testing.T, plain string, r chat.Reply) (map[string]any, error) {
	t.Helper()
	v := vectors(t)["wecom-5-aibot-json-empty-receiveid"].of(t, plain)
	d, err := v.channel(t, v.options(t)).Receive(t.Context(), v.post())
	if err != nil || d.Answer == nil {
		t.Fatalf("%s: answer %v, %v", plain, d.Answer != nil, err)
	}
	response, err := d.Answer(t.Context(), r)
	if err != nil || len(response.Body) == 0 {
		return nil, err
	}
	sealed, _ := open(t, v, response)
	var out map[string]any
	if err := json.Unmarshal([]byte(sealed), &out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

const (
	botText  = `{"msgid":"m","from":{"userid":"u"},"chattype":"single","msgtype":"text","text":{"content":"甲"}}`
	botEnter = `{"msgid":"m","from":{"userid":"u"},"chattype":"single","msgtype":"event","event":{"eventtype":"enter_chat"}}`
	botPress = `{"msgid":"m","from":{"userid":"u"},"chattype":"group","chatid":"g","msgtype":"event","event":{"eventtype":"template_card_event","template_card_event":{"event_key":"done","task_id":"T12"}}}`
)

func TestCardsOfAnAIBot(t *testing.T) {
	t.Parallel()
	signup := &chat.Card{ID: "A7", Title: "文化礼堂活动", Text: "周六 @所有人", Facts: []chat.Fact{{Name: "地点", Value: "礼堂"}}, Buttons: []chat.Button{{Text: "报名", Key: "signup:A7"}}}
	notice := &chat.Card{Title: "已签收", Link: "https://bot.example.org/p"}
	long := &chat.Card{ID: "T1", Title: "题", Text: strings.Repeat("长", 113), Buttons: signup.Buttons}
	type m = map[string]any
	signupCard := m{
		"card_type": "button_interaction", "main_title": m{"title": "文化礼堂活动"}, "sub_title_text": "周六 @\u200b所有人", "task_id": "A7",
		"horizontal_content_list": []any{m{"keyname": "地点", "value": "礼堂"}}, "button_list": []any{m{"text": "报名", "key": "signup:A7"}},
	}
	noticeCard := m{"card_type": "text_notice", "main_title": m{"title": "已签收"}, "card_action": m{"type": 1.0, "url": "https://bot.example.org/p"}}
	rated := m{"card_type": "text_notice", "main_title": m{"title": "已签收"}, "card_action": noticeCard["card_action"], "feedback": m{"id": "F1"}}
	for name, tc := range map[string]struct {
		plain string
		reply chat.Reply
		want  m
		err   error
	}{
		"a card with buttons":               {botText, chat.Reply{Text: "报名", Card: signup}, m{"msgtype": "template_card", "template_card": signupCard}, nil},
		"a card to be rated":                {botText, chat.Reply{Card: notice, Feedback: "F1"}, m{"msgtype": "template_card", "template_card": rated}, nil},
		"a card as welcome":                 {botEnter, chat.Reply{Text: "您好", Card: notice}, m{"msgtype": "template_card", "template_card": noticeCard}, nil},
		"a welcome shows no markup":         {botEnter, chat.Reply{Text: "您好", Markdown: "**您好**"}, m{"msgtype": "text", "text": m{"content": "您好"}}, nil},
		"a pressed card is replaced":        {botPress, chat.Reply{Text: "已签收", Card: notice, Update: true}, m{"response_type": "update_template_card", "template_card": noticeCard}, nil},
		"words to a press go elsewhere":     {botPress, chat.Reply{Text: "已签收"}, nil, chat.ErrElsewhere},
		"a new card after a press as well":  {botPress, chat.Reply{Card: notice}, nil, chat.ErrElsewhere},
		"a card without a title to a press": {botPress, chat.Reply{Card: &chat.Card{Text: "字"}, Update: true}, nil, nil},
		"nothing to a press":                {botPress, chat.Reply{}, nil, nil},
		"a card that nobody pressed is told in words": {botText, chat.Reply{Card: notice, Update: true}, m{"msgtype": "stream", "stream": m{
			"id": "", "finish": true, "content": "已签收\nhttps://bot.example.org/p",
		}}, nil},
		"buttons need an id":           {botText, chat.Reply{Card: &chat.Card{Title: "题", Buttons: signup.Buttons}}, nil, chat.ErrMalformed},
		"an id of other signs":         {botText, chat.Reply{Card: &chat.Card{ID: "任务", Title: "题"}}, nil, chat.ErrMalformed},
		"a key twice":                  {botText, chat.Reply{Card: &chat.Card{ID: "T", Title: "题", Buttons: []chat.Button{{Text: "好", Key: "k"}, {Text: "坏", Key: "k"}}}}, nil, chat.ErrMalformed},
		"a button without words":       {botText, chat.Reply{Card: &chat.Card{ID: "T", Title: "题", Buttons: []chat.Button{{Key: "k"}}}}, nil, chat.ErrMalformed},
		"only blanks":                  {botText, chat.Reply{Text: " \n"}, nil, nil},
		"a card without a title":       {botText, chat.Reply{Card: &chat.Card{Text: "字"}}, m{"msgtype": "stream", "stream": m{"id": "", "finish": true, "content": "字"}}, nil},
		"a fact without a name":        {botText, chat.Reply{Text: "字", Card: &chat.Card{Title: "题", Facts: []chat.Fact{{Value: "值"}}}}, m{"msgtype": "stream_with_template_card", "stream": m{"id": "", "finish": true, "content": "字"}, "template_card": m{"card_type": "text_notice", "main_title": m{"title": "题"}, "card_action": m{"type": 0.0}}}, nil},
		"a link that is no page":       {botText, chat.Reply{Card: &chat.Card{Title: "题", Link: "javascript:x"}}, m{"msgtype": "template_card", "template_card": m{"card_type": "text_notice", "main_title": m{"title": "题"}, "card_action": m{"type": 0.0}}}, nil},
		"a feedback id too long":       {botText, chat.Reply{Card: notice, Feedback: strings.Repeat("F", 257)}, nil, chat.ErrTooLong},
		"words the card cannot show":   {botText, chat.Reply{Text: long.Text, Card: long}, m{"msgtype": "stream_with_template_card", "stream": m{"id": "", "finish": true, "content": long.Text}, "template_card": m{"card_type": "button_interaction", "task_id": "T1", "main_title": m{"title": "题"}, "sub_title_text": long.Text[:3*111] + "…", "button_list": signupCard["button_list"]}}, nil},
		"a welcome keeps its buttons":  {botEnter, chat.Reply{Card: long}, m{"msgtype": "template_card", "template_card": m{"card_type": "button_interaction", "task_id": "T1", "main_title": m{"title": "题"}, "sub_title_text": long.Text[:3*111] + "…", "button_list": signupCard["button_list"]}}, nil},
		"a welcome without is in full": {botEnter, chat.Reply{Card: &chat.Card{Title: "题", Text: long.Text}}, m{"msgtype": "text", "text": m{"content": "题\n" + long.Text}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := botAnswer(t, tc.plain, tc.reply)
			if !errors.Is(err, tc.err) {
				t.Fatal(err)
			}
			if s, ok := got["stream"].(m); ok {
				if s["id"] == "" {
					t.Error("no stream id")
				}
				s["id"] = ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnEventMayLackTheTypeOfItsConversation(t *testing.T) {
	t.Parallel()
	const event = `{"msgid":"m","from":{"userid":"u"},"msgtype":"event","event":{"eventtype":"enter_chat"}`
	for plain, want := range map[string]chat.Address{
		event + `}`:              {Via: wecom.ViaAIBot, Kind: chat.Direct, Conversation: "u", User: "u"},
		event + `,"chatid":"g"}`: {Via: wecom.ViaAIBot, Kind: chat.Group, Conversation: "g", User: "u"},
	} {
		d, err := receive(t, "wecom-5-aibot-json-empty-receiveid", plain, func(o *wecom.Options) { o.BotID = "" })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, d.Message.From); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := receive(t, "wecom-5-aibot-json-empty-receiveid", `{"msgid":"m","from":{"userid":"u"},"msgtype":"text","text":{"content":"甲"}}`, nil); !errors.Is(err, chat.ErrMalformed) {
		t.Errorf("a message without: %v", err)
	}
}
