//! Tests of the matching of patterns.

use super::*;
use serde_json::json;

fn cases() -> Vec<(Value, Value, bool)> {
    serde_json::from_str(include_str!("../../../../tests/fixtures/patterns.json")).unwrap()
}

/// Pattern, event, and whether they match: the cases of EventBridge's guide. The lab's emulator is asked the same in
/// `tests/verify/patterns.rs`.
#[test]
fn the_guides_cases() {
    for (pattern, event, expected) in cases() {
        assert_eq!(
            matches(&pattern, &event),
            Answer::of(expected),
            "{pattern} {event}"
        );
    }
}

#[test]
fn what_is_not_known_does_not_hide_what_is() {
    let pattern = json!({"a": [{"newer": "*"}], "b": ["x"]});
    assert_eq!(matches(&pattern, &json!({"a": "1", "b": "y"})), Answer::No);
    let pattern = json!({"a": [{"newer": "*"}, "1"]});
    assert_eq!(matches(&pattern, &json!({"a": "1"})), Answer::Yes);
    for event in [json!({"a": "2"}), json!({})] {
        let answer = matches(&pattern, &event);
        assert!(matches!(answer, Answer::Unknown(_)), "{event}: {answer:?}");
    }
}

/// Each operator on both sides of its edge, beyond what Event Ruler's answers in `tests/eval/oracles/` have.
#[test]
fn each_operator_has_an_edge() {
    for (filter, yes, no) in [
        (json!("x"), json!(["x", ["x", "y"]]), json!(["", "X", "xx"])),
        (
            json!("10.0.0.1"),
            json!(["10.0.0.1", "10.0.0.01", "::ffff:a00:1"]),
            json!(["10.0.0.2", "10.0.0.1 "]),
        ),
        (
            json!("2001:db8::1"),
            json!(["2001:DB8:0::1"]),
            json!(["2001:db8::2"]),
        ),
        (json!(1), json!([1, 1.0]), json!([2, "1", true, null])),
        (json!(0.1), json!([0.1]), json!([0.2, 0.1000001])),
        (json!(-0.5), json!([-0.5]), json!([0.5])),
        (
            json!(111_122_223_333_i64),
            json!([111_122_223_333_i64]),
            json!([111_122_223_334_i64, "111122223333"]),
        ),
        (json!(true), json!([true]), json!([false, "true", 1])),
        (json!({"exactly": "x"}), json!(["x"]), json!(["y"])),
        (
            json!({"prefix": "xy"}),
            json!(["xy", "xyz"]),
            json!(["x", "axy", "Xy", 1]),
        ),
        (
            json!({"suffix": "xy"}),
            json!(["xy", "zxy"]),
            json!(["y", "xya", "xY", 1]),
        ),
        (
            json!({"prefix": {"equals-ignore-case": "xY"}}),
            json!(["Xyz", "xY"]),
            json!(["x", "axy"]),
        ),
        (
            json!({"suffix": {"equals-ignore-case": "xY"}}),
            json!(["zXy", "Xy"]),
            json!(["y", "xya"]),
        ),
        (
            json!({"equals-ignore-case": "\u{df}x"}),
            json!(["SSX", "\u{df}x"]),
            json!(["ssx", "sx"]),
        ),
        (
            json!({"wildcard": "a*b*c"}),
            json!(["abc", "axbxbc", "abcbc"]),
            json!(["ab", "acb", "xabc", "abcx"]),
        ),
        (
            json!({"wildcard": "a\\*b"}),
            json!(["a*b"]),
            json!(["axb", "a\\*b"]),
        ),
        (
            json!({"wildcard": "*aa*aa"}),
            json!(["aaaa", "xaayaa"]),
            json!(["aaa"]),
        ),
        (
            json!({"numeric": ["=", 1.5]}),
            json!([1.5]),
            json!([1.6, 1, "1.5"]),
        ),
        (
            json!({"numeric": [">", 1]}),
            json!([1.000_001, 5_000_000_000_i64]),
            json!([1, 0, 5_000_000_001_i64]),
        ),
        (
            json!({"numeric": [">=", 1]}),
            json!([1, 2]),
            json!([0.999_999]),
        ),
        (
            json!({"numeric": ["<", 1]}),
            json!([0.999_999, -5]),
            json!([1, 2]),
        ),
        (
            json!({"numeric": ["<=", 1]}),
            json!([1, 0]),
            json!([1.000_001]),
        ),
        (
            json!({"numeric": [">", 0, "<=", 5]}),
            json!([0.5, 5]),
            json!([0, 5.5]),
        ),
        (
            json!({"numeric": [">=", 0, "<", 5]}),
            json!([0, 4.5]),
            json!([-1, 5]),
        ),
        (
            json!({"cidr": "10.0.0.0/31"}),
            json!(["10.0.0.0", "10.0.0.1"]),
            json!(["10.0.0.2", "9.255.255.255", "x"]),
        ),
        (
            json!({"cidr": "2001:db8::/127"}),
            json!(["2001:db8::1"]),
            json!(["2001:db8::2", "10.0.0.1"]),
        ),
        (
            json!({"anything-but": ["x", "y"]}),
            json!(["z", 1, null]),
            json!(["x", "y"]),
        ),
        (
            json!({"anything-but": [1, 2]}),
            json!([3, "1"]),
            json!([1, 2.0]),
        ),
        (
            json!({"anything-but": {"suffix": ["x", "y"]}}),
            json!(["xz", 1]),
            json!(["zx", "zy"]),
        ),
        (
            json!({"anything-but": {"wildcard": ["*x*", "y*"]}}),
            json!(["zy"]),
            json!(["axa", "y"]),
        ),
        (json!({"exists": true}), json!(["x", null]), json!([[], {}])),
        (
            json!({"exists": false}),
            json!([[], {}, [{"b": 1}]]),
            json!(["x", null, [null]]),
        ),
    ] {
        let pattern = json!({"a": [filter]});
        for (values, expected) in [(yes, Answer::Yes), (no, Answer::No)] {
            for value in values.as_array().unwrap() {
                let event = json!({"a": value});
                assert_eq!(matches(&pattern, &event), expected, "{pattern} {event}");
            }
        }
    }
}

#[test]
fn what_eventbridge_refuses_is_unknown() {
    for filter in [
        json!({"numeric": []}),
        json!({"numeric": ["=", "1"]}),
        json!({"numeric": [">", 5, "<", 1]}),
        json!({"numeric": [">=", 5, "<=", 5]}),
        json!({"numeric": ["<", 5, ">", 1]}),
        json!({"numeric": [">", 1, ">", 5]}),
        json!({"numeric": ["<", 1, "<", 5]}),
        json!({"numeric": [">", 1, "<"]}),
        json!({"numeric": ["=", 6_000_000_000_i64]}),
        json!({"cidr": "10.0.0.0"}),
        json!({"cidr": "10.0.0.0/32"}),
        json!({"cidr": "10.0.0/8"}),
        json!({"cidr": "2001:db8::/128"}),
        json!({"wildcard": "a\\b"}),
        json!({"prefix": {"prefix": "x"}}),
        json!({"prefix": {"equals-ignore-case": ["x"]}}),
        json!({"exactly": 1}),
        json!({"anything-but": {"prefix": ""}}),
        json!({"anything-but": {"suffix": []}}),
        json!({"anything-but": {"wildcard": "**"}}),
        json!({"anything-but": 6_000_000_000_i64}),
    ] {
        // Not even beside a filter that matches.
        let pattern = json!({"a": ["x", filter]});
        let answer = matches(&pattern, &json!({"a": "x"}));
        assert!(
            matches!(answer, Answer::Unknown(_)),
            "{pattern}: {answer:?}"
        );
    }
}

#[test]
fn of_a_path_that_is_named_twice_the_last_counts() {
    let or = json!([{"a": ["y"]}, {"b": ["z"]}]);
    let parse = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
    let before = parse(format!(r#"{{"a": ["x"], "$or": {or}}}"#));
    let after = parse(format!(r#"{{"$or": {or}, "a": ["x"]}}"#));
    let y = json!({"a": "y"});
    assert_eq!(matches(&before, &y), Answer::Yes);
    assert_eq!(matches(&after, &y), Answer::No);
    assert_eq!(matches(&after, &json!({"a": "x"})), Answer::Yes);
    let dotted = parse(r#"{"a": {"b": ["x"]}, "a.b": ["y"]}"#.to_owned());
    assert_eq!(matches(&dotted, &json!({"a": {"b": "y"}})), Answer::Yes);
    assert_eq!(matches(&dotted, &json!({"a": {"b": "x"}})), Answer::No);
}

#[test]
fn what_is_of_one_element_must_be_of_the_same() {
    let pattern = json!({"a": {"b": ["1"], "c": ["2"]}, "d": ["3"]});
    let matches = |a: Value, d: Value| matches(&pattern, &json!({"a": a, "d": d}));
    let three = json!(["0", "3"]);
    assert_eq!(
        matches(json!([{"b": "0"}, {"b": "1", "c": "2"}]), three.clone()),
        Answer::Yes
    );
    assert_eq!(
        matches(json!([{"b": "1"}, {"c": "2"}]), three.clone()),
        Answer::No
    );
    // In one of two lists within the same element they are of the same.
    assert_eq!(
        matches(json!([{"b": ["1"], "c": [["2"]]}]), three.clone()),
        Answer::Yes
    );
    assert_eq!(
        matches(json!([[{"b": "1"}], [{"c": "2"}]]), three),
        Answer::No
    );
}

#[test]
fn text_that_is_no_json_object_never_matches_for_sure() {
    for event in [json!(null), json!("text"), json!([{"a": 1}])] {
        let absent = matches(&json!({"a": [{"exists": false}]}), &event);
        assert!(matches!(absent, Answer::Unknown(_)), "{event}: {absent:?}");
        assert_eq!(matches(&json!({"a": [1]}), &event), Answer::No);
    }
}

#[test]
fn what_would_take_too_long_is_unknown() {
    let either: String = (0..11)
        .map(|at| format!(r#""f{at}": {{"$or": [{{"x": [1]}}, {{"y": [1]}}]}},"#))
        .collect();
    let many: Value = serde_json::from_str(&format!("{{{}\"z\": [1]}}", either)).unwrap();
    let elements: Vec<Value> = (0..100).map(|_| json!({"x": 1})).collect();
    let lists = json!({"a": elements, "b": elements, "c": elements});
    let wanted = json!({"a": {"x": [1]}, "b": {"x": [1]}, "c": {"x": [1]}});
    for answer in [matches(&many, &json!({"z": 1})), matches(&wanted, &lists)] {
        assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
    }
}

#[test]
fn a_value_that_stands_in_a_list_by_itself_binds_no_other() {
    let pattern = json!({"a": ["x"], "a.b": ["1"]});
    let event = json!({"a": ["x", {"b": "1"}]});
    assert_eq!(matches(&pattern, &event), Answer::Yes);
}

#[test]
fn an_operators_name_is_a_fields_outside_of_or() {
    let pattern = json!({"prefix": ["x"]});
    assert_eq!(matches(&pattern, &json!({"prefix": "x"})), Answer::Yes);
}

#[test]
fn what_event_ruler_cannot_compare_is_left_out_or_unknown() {
    let positive = json!({"a": [{"numeric": [">", 0]}]});
    assert_eq!(matches(&positive, &json!({"a": 0.000_000_1})), Answer::No);
    let exact = json!({"a": [{"equals-ignore-case": "x"}]});
    assert_eq!(matches(&exact, &json!({"a": "Xy"})), Answer::No);
    let wide = json!({"a": [{"equals-ignore-case": "\u{1f600}"}]});
    let answer = matches(&wide, &json!({"a": "\u{1f600}"}));
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
}
