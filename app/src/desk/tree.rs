//! The orgs that the login may see, as a tree in memory: names, ways up, ways to find one.

use shared::id::OrgId;
use shared::org::Org;
use std::collections::HashMap;

/// The visible orgs.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    orgs: Vec<Org>,
    by_id: HashMap<OrgId, usize>,
    by_code: HashMap<String, usize>,
}

impl Tree {
    /// The tree of these orgs.
    #[must_use]
    pub fn new(orgs: Vec<Org>) -> Self {
        let by_id = orgs.iter().enumerate().map(|(place, org)| (org.id, place)).collect();
        let by_code = orgs.iter().enumerate().map(|(place, org)| (org.code.clone(), place)).collect();
        Self { orgs, by_id, by_code }
    }

    /// The org with this id, if it is visible.
    #[must_use]
    pub fn get(&self, id: OrgId) -> Option<&Org> {
        self.by_id.get(&id).and_then(|place| self.orgs.get(*place))
    }

    /// The org with this code, if it is visible.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<&Org> {
        self.by_code.get(code).and_then(|place| self.orgs.get(*place))
    }

    /// The orgs whose parent is not visible: where the login's branches begin.
    #[must_use]
    pub fn roots(&self) -> Vec<&Org> {
        self.orgs.iter().filter(|org| org.parent.is_none_or(|parent| self.get(parent).is_none())).collect()
    }

    /// The orgs right below one, in order of code.
    #[must_use]
    pub fn children(&self, of: OrgId) -> Vec<&Org> {
        self.orgs.iter().filter(|org| org.parent == Some(of)).collect()
    }

    /// From the top of the branch down to and with the org.
    #[must_use]
    pub fn way(&self, org: &Org) -> Vec<Org> {
        let mut way = vec![org.clone()];
        let mut next = org.parent;
        // No more steps than orgs: broken data must not hang the page.
        for _ in 0..self.orgs.len() {
            let Some(above) = next.and_then(|id| self.get(id)) else { break };
            way.push(above.clone());
            next = above.parent;
        }
        way.reverse();
        way
    }

    /// Every org as the search field offers it: code, name, and the name above, since workshops
    /// of different unions share names.
    #[must_use]
    pub fn offers(&self) -> Vec<String> {
        let offer = |org: &Org| match org.parent.and_then(|id| self.get(id)) {
            Some(above) => format!("{} {} · {}", org.code, org.name, above.name),
            None => format!("{} {}", org.code, org.name),
        };
        self.orgs.iter().map(offer).collect()
    }

    /// The org that a typed or chosen text means: by code, else by a name that only one org has,
    /// else the only one whose name holds the text.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Org> {
        let text = text.trim();
        let first = text.split_whitespace().next()?;
        let only = |test: &dyn Fn(&Org) -> bool| {
            let mut found = self.orgs.iter().filter(|org| test(org));
            found.next().filter(|_| found.next().is_none())
        };
        self.by_code(first)
            .or_else(|| only(&|org| org.name == text))
            .or_else(|| only(&|org| org.name.contains(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::org::Level;

    fn org(id: u128, code: &str, name: &str, parent: Option<u128>) -> Org {
        let id = OrgId::from_u128(id);
        Org {
            id,
            code: code.into(),
            name: name.into(),
            level: Level::Town,
            parent: parent.map(OrgId::from_u128),
        }
    }

    fn tree() -> Tree {
        Tree::new(vec![
            org(2, "02", "海港区总工会", Some(1)),
            org(3, "03", "机修车间", Some(2)),
            org(4, "04", "机修车间", Some(9)),
        ])
    }

    #[test]
    fn a_branch_begins_where_the_org_above_is_not_visible() {
        let tree = tree();
        let roots: Vec<_> = tree.roots().iter().map(|org| org.code.clone()).collect();
        assert_eq!(roots, ["02", "04"]);
        let way: Vec<_> = tree.way(tree.by_code("03").unwrap()).into_iter().map(|org| org.code).collect();
        assert_eq!(way, ["02", "03"]);
        assert_eq!(tree.children(OrgId::from_u128(2)).len(), 1);
    }

    #[test]
    fn a_ring_of_parents_ends() {
        let tree = Tree::new(vec![org(1, "01", "a", Some(2)), org(2, "02", "b", Some(1))]);
        assert_eq!(tree.way(tree.by_code("01").unwrap()).len(), 3);
    }

    #[test]
    fn what_is_typed_finds_one_or_none() {
        let tree = tree();
        assert_eq!(tree.offers().first().map(String::as_str), Some("02 海港区总工会"));
        assert_eq!(tree.find("03 机修车间 · 海港区总工会").unwrap().code, "03");
        assert_eq!(tree.find("海港").unwrap().code, "02");
        assert!(tree.find("机修车间").is_none(), "two have that name");
        assert!(tree.find("  ").is_none());
    }
}
