//! The form in which a room writes its rows.

/// `NAME E 204 "name", exit 2: "title", means "…", example "…", advice "…";` for each code: a constant of that name, and
/// the list `ROWS` of all.
macro_rules! codes {
    ($room:ident; $($constant:ident $letter:ident $number:literal $name:literal, exit $exit:literal:
        $title:literal, means $means:literal, example $example:literal, advice $advice:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($letter), stringify!($number), "`: ", $title, ".")]
            #[allow(clippy::zero_prefixed_literal, reason = "a code is written as it is told: 004")]
            pub const $constant: crate::Code = crate::Code(&crate::code::Row {
                room: crate::Room::$room,
                level: level!($letter),
                number: $number,
                id: concat!(stringify!($letter), stringify!($number), "-", $name),
                name: $name,
                constant: stringify!($constant),
                exit: $exit,
                title: $title,
                means: $means,
                example: $example,
                advice: $advice,
            });
        )*
        pub(crate) const ROWS: &[crate::Code] = &[$($constant),*];
    };
}

/// What the letter before a number says.
macro_rules! level {
    (E) => {
        crate::Level::Error
    };
    (W) => {
        crate::Level::Warning
    };
}
