//! Names for generated members: as people write them, and as they stand in an address.

/// Given names. No "Jane": the demonstration's one Jane is hand-made.
pub const GIVEN: [(&str, &str); 64] = [
    ("Aaliyah", "aaliyah"),
    ("Aleksander", "aleksander"),
    ("Amara", "amara"),
    ("Anaïs", "anais"),
    ("Andrés", "andres"),
    ("Anneke", "anneke"),
    ("Arjun", "arjun"),
    ("Astrid", "astrid"),
    ("Beatriz", "beatriz"),
    ("Björn", "bjorn"),
    ("Camille", "camille"),
    ("Chidi", "chidi"),
    ("Daniel", "daniel"),
    ("Deborah", "deborah"),
    ("Dmitri", "dmitri"),
    ("Eilidh", "eilidh"),
    ("Elif", "elif"),
    ("Emeka", "emeka"),
    ("Esther", "esther"),
    ("Farid", "farid"),
    ("Fatima", "fatima"),
    ("Francesca", "francesca"),
    ("Gabriel", "gabriel"),
    ("Giulia", "giulia"),
    ("Hannah", "hannah"),
    ("Hiroshi", "hiroshi"),
    ("Ingrid", "ingrid"),
    ("Isabel", "isabel"),
    ("Ivan", "ivan"),
    ("Jakub", "jakub"),
    ("João", "joao"),
    ("Joseph", "joseph"),
    ("Kateryna", "kateryna"),
    ("Kofi", "kofi"),
    ("Lars", "lars"),
    ("Leila", "leila"),
    ("Lucía", "lucia"),
    ("Magdalena", "magdalena"),
    ("Marcus", "marcus"),
    ("Mariam", "mariam"),
    ("Mateo", "mateo"),
    ("Mei", "mei"),
    ("Miguel", "miguel"),
    ("Nadia", "nadia"),
    ("Niamh", "niamh"),
    ("Nikolai", "nikolai"),
    ("Oluwaseun", "oluwaseun"),
    ("Paulina", "paulina"),
    ("Priya", "priya"),
    ("Rachel", "rachel"),
    ("Rafael", "rafael"),
    ("Rosa", "rosa"),
    ("Samuel", "samuel"),
    ("Sanne", "sanne"),
    ("Siobhán", "siobhan"),
    ("Søren", "soren"),
    ("Tatiana", "tatiana"),
    ("Thabo", "thabo"),
    ("Thomas", "thomas"),
    ("Valentina", "valentina"),
    ("Wanjiru", "wanjiru"),
    ("Yara", "yara"),
    ("Yusuf", "yusuf"),
    ("Zuzana", "zuzana"),
];

/// Family names.
pub const FAMILY: [(&str, &str); 71] = [
    ("Abebe", "abebe"),
    ("Adeyemi", "adeyemi"),
    ("Ahmed", "ahmed"),
    ("Andersson", "andersson"),
    ("Baker", "baker"),
    ("Banerjee", "banerjee"),
    ("Bianchi", "bianchi"),
    ("Boateng", "boateng"),
    ("Brennan", "brennan"),
    ("Castillo", "castillo"),
    ("Chen", "chen"),
    ("Cohen", "cohen"),
    ("Costa", "costa"),
    ("Davies", "davies"),
    ("de Vries", "devries"),
    ("Delgado", "delgado"),
    ("Dlamini", "dlamini"),
    ("Dubois", "dubois"),
    ("Eriksen", "eriksen"),
    ("Fernández", "fernandez"),
    ("Fischer", "fischer"),
    ("Fofana", "fofana"),
    ("Garcia", "garcia"),
    ("Georgiou", "georgiou"),
    ("Gonzalez", "gonzalez"),
    ("Gupta", "gupta"),
    ("Haas", "haas"),
    ("Hansen", "hansen"),
    ("Hassan", "hassan"),
    ("Horvat", "horvat"),
    ("Ibrahim", "ibrahim"),
    ("Ivanova", "ivanova"),
    ("Jansen", "jansen"),
    ("Johansson", "johansson"),
    ("Jones", "jones"),
    ("Kaya", "kaya"),
    ("Kelly", "kelly"),
    ("Khan", "khan"),
    ("Kowalski", "kowalski"),
    ("Krüger", "kruger"),
    ("Kumar", "kumar"),
    ("Laurent", "laurent"),
    ("Lopez", "lopez"),
    ("MacDonald", "macdonald"),
    ("Martin", "martin"),
    ("Mbeki", "mbeki"),
    ("Meyer", "meyer"),
    ("Moreau", "moreau"),
    ("Müller", "muller"),
    ("Mwangi", "mwangi"),
    ("Nakamura", "nakamura"),
    ("Nguyen", "nguyen"),
    ("Nielsen", "nielsen"),
    ("Novák", "novak"),
    ("O'Connor", "oconnor"),
    ("Okafor", "okafor"),
    ("Olsen", "olsen"),
    ("Öztürk", "ozturk"),
    ("Papadopoulos", "papadopoulos"),
    ("Patel", "patel"),
    ("Pereira", "pereira"),
    ("Petrov", "petrov"),
    ("Popescu", "popescu"),
    ("Rossi", "rossi"),
    ("Santos", "santos"),
    ("Schmidt", "schmidt"),
    ("Silva", "silva"),
    ("Suzuki", "suzuki"),
    ("Tremblay", "tremblay"),
    ("Weber", "weber"),
    ("Wójcik", "wojcik"),
];

/// The `i`-th pair of names and the local part of an address; the local part is unique for every `i`.
///
/// 64 and 71 have no common divisor, so running through both lists meets every pair once before it repeats.
pub fn person(i: usize) -> (&'static str, &'static str, String) {
    let (given, g) = GIVEN[i % GIVEN.len()];
    let (family, f) = FAMILY[i % FAMILY.len()];
    let round = i / (GIVEN.len() * FAMILY.len());
    let local = if round == 0 { format!("{g}.{f}") } else { format!("{g}.{f}{}", round + 1) };
    (given, family, local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn local_parts_never_repeat() {
        let all: HashSet<String> = (0..20_000).map(|i| person(i).2).collect();
        assert_eq!(all.len(), 20_000);
        assert!(all.iter().all(|l| l.is_ascii() && l.to_lowercase() == **l));
    }
}
