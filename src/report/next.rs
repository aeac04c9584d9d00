//! What comes next, in order.

/// Numbered steps; empty where there are none.
pub(super) fn steps(all: &[String]) -> String {
    let numbered = all.iter().zip(1..);
    let lines = numbered.map(|(step, number)| match number {
        1 => format!("Next: 1. {step}\n"),
        _ => format!("      {number}. {step}\n"),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_next_is_numbered() {
        assert_eq!(steps(&[]), "");
        assert_eq!(steps(&["a".into(), "b".into()]), "Next: 1. a\n      2. b\n");
    }
}
