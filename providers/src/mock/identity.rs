//! Ids as the cloud gives them: `vpc-` and eight characters, or several parts of the object joined.

use cloudapp_lang::Value;
use cloudapp_lang::value::Kind;

use super::draw::Draw;

/// How ids of types look. `@` stands for eight characters, `<number>` and `<uuid>` for what they say, `{name}` for an
/// attribute's value (of a composite one its last part).
const FORMS: [(&str, &str); 108] = [
    ("cloudapp_api", "api-@"),
    ("cloudapp_api_handler", "handler-@"),
    ("cloudapp_helm_app", "chart-@"),
    ("cloudapp_tke_service", "service-@"),
    ("tencentcloud_api_gateway_api", "api-@"),
    ("tencentcloud_api_gateway_service", "service-@"),
    ("tencentcloud_as_scaling_config", "asc-@"),
    ("tencentcloud_as_scaling_group", "asg-@"),
    ("tencentcloud_cam_group", "<number>"),
    ("tencentcloud_cam_policy", "<number>"),
    ("tencentcloud_cam_role", "<number>"),
    (
        "tencentcloud_cam_role_policy_attachment",
        "{role_id}#{policy_id}",
    ),
    ("tencentcloud_cam_user", "{name}"),
    ("tencentcloud_cbs_snapshot", "snap-@"),
    ("tencentcloud_cbs_snapshot_policy", "asp-@"),
    ("tencentcloud_cbs_storage", "disk-@"),
    ("tencentcloud_cbs_storage_attachment", "{storage_id}"),
    ("tencentcloud_ccn", "ccn-@"),
    ("tencentcloud_cdn_domain", "{domain}"),
    ("tencentcloud_cfs_access_group", "pgroup-@"),
    ("tencentcloud_cfs_access_rule", "rule-@"),
    ("tencentcloud_cfs_auto_snapshot_policy", "asp-@"),
    (
        "tencentcloud_cfs_auto_snapshot_policy_attachment",
        "{auto_snapshot_policy_id}#{file_system_ids}",
    ),
    ("tencentcloud_cfs_file_system", "cfs-@"),
    ("tencentcloud_cfs_snapshot", "snap-@"),
    (
        "tencentcloud_ckafka_acl",
        "{instance_id}#{resource_type}#{resource_name}#{operation_type}",
    ),
    (
        "tencentcloud_ckafka_consumer_group",
        "{instance_id}#{group_name}",
    ),
    ("tencentcloud_ckafka_instance", "ckafka-@"),
    ("tencentcloud_ckafka_route", "{instance_id}#<number>"),
    ("tencentcloud_ckafka_topic", "{instance_id}#{topic_name}"),
    ("tencentcloud_ckafka_user", "{instance_id}#{account_name}"),
    (
        "tencentcloud_clb_attachment",
        "{rule_id}#{listener_id}#{clb_id}",
    ),
    ("tencentcloud_clb_instance", "lb-@"),
    ("tencentcloud_clb_listener", "{clb_id}#lbl-@"),
    (
        "tencentcloud_clb_listener_rule",
        "{clb_id}#{listener_id}#loc-@",
    ),
    ("tencentcloud_clb_log_set", "<uuid>"),
    ("tencentcloud_clb_log_topic", "<uuid>"),
    ("tencentcloud_clb_target_group", "lbtg-@"),
    ("tencentcloud_cls_index", "{topic_id}"),
    ("tencentcloud_cls_logset", "<uuid>"),
    ("tencentcloud_cls_topic", "<uuid>"),
    ("tencentcloud_cos_bucket", "{bucket}"),
    ("tencentcloud_cos_bucket_object", "{bucket}{key}"),
    ("tencentcloud_cos_bucket_policy", "{bucket}"),
    ("tencentcloud_cynosdb_cluster", "cynosdbmysql-@"),
    ("tencentcloud_dc_gateway", "dcg-@"),
    ("tencentcloud_dnspod_domain_instance", "{domain}"),
    ("tencentcloud_dnspod_record", "{domain}#<number>"),
    ("tencentcloud_eip", "eip-@"),
    ("tencentcloud_eip_association", "{eip_id}::{instance_id}"),
    ("tencentcloud_eks_cluster", "cls-@"),
    ("tencentcloud_elasticsearch_instance", "es-@"),
    ("tencentcloud_eni", "eni-@"),
    ("tencentcloud_eni_attachment", "{eni_id}+{instance_id}"),
    ("tencentcloud_ha_vip", "havip-@"),
    ("tencentcloud_hai_instance", "hai-@"),
    ("tencentcloud_image", "img-@"),
    ("tencentcloud_instance", "ins-@"),
    ("tencentcloud_key_pair", "skey-@"),
    ("tencentcloud_kms_key", "<uuid>"),
    ("tencentcloud_kubernetes_addon", "{cluster_id}#{addon_name}"),
    (
        "tencentcloud_kubernetes_addon_attachment",
        "{cluster_id}#{name}",
    ),
    ("tencentcloud_kubernetes_cluster", "cls-@"),
    ("tencentcloud_kubernetes_cluster_endpoint", "{cluster_id}"),
    (
        "tencentcloud_kubernetes_native_node_pool",
        "{cluster_id}#np-@",
    ),
    ("tencentcloud_kubernetes_node_pool", "{cluster_id}#np-@"),
    (
        "tencentcloud_kubernetes_serverless_node_pool",
        "{cluster_id}#np-@",
    ),
    ("tencentcloud_mariadb_instance", "tdsql-@"),
    ("tencentcloud_mongodb_instance", "cmgo-@"),
    ("tencentcloud_monitor_alarm_notice", "notice-@"),
    ("tencentcloud_monitor_alarm_policy", "policy-@"),
    ("tencentcloud_monitor_grafana_instance", "grafana-@"),
    ("tencentcloud_monitor_tmp_instance", "prom-@"),
    ("tencentcloud_mysql_account", "{mysql_id}#{name}"),
    ("tencentcloud_mysql_database", "{instance_id}#{db_name}"),
    ("tencentcloud_mysql_instance", "cdb-@"),
    ("tencentcloud_mysql_readonly_instance", "cdbro-@"),
    ("tencentcloud_nat_gateway", "nat-@"),
    ("tencentcloud_postgresql_instance", "postgres-@"),
    ("tencentcloud_private_dns_record", "{zone_id}#<number>"),
    ("tencentcloud_private_dns_zone", "zone-@"),
    ("tencentcloud_redis_account", "{instance_id}#{account_name}"),
    ("tencentcloud_redis_instance", "crs-@"),
    ("tencentcloud_route_table", "rtb-@"),
    (
        "tencentcloud_route_table_entry",
        "<number>.{route_table_id}",
    ),
    ("tencentcloud_scf_function", "{namespace}+{name}"),
    ("tencentcloud_scf_namespace", "{namespace}"),
    ("tencentcloud_security_group", "sg-@"),
    (
        "tencentcloud_security_group_lite_rule",
        "{security_group_id}",
    ),
    (
        "tencentcloud_security_group_rule",
        "{security_group_id}#rule-@",
    ),
    (
        "tencentcloud_security_group_rule_set",
        "{security_group_id}",
    ),
    ("tencentcloud_sqlserver_instance", "mssql-@"),
    ("tencentcloud_ssl_certificate", "@"),
    ("tencentcloud_ssm_secret", "{secret_name}"),
    ("tencentcloud_subnet", "subnet-@"),
    ("tencentcloud_tag", "{tag_key}#{tag_value}"),
    ("tencentcloud_tcr_instance", "tcr-@"),
    ("tencentcloud_tcr_namespace", "{instance_id}#{name}"),
    (
        "tencentcloud_tcr_repository",
        "{instance_id}#{namespace_name}#{name}",
    ),
    ("tencentcloud_tcr_token", "{instance_id}#@"),
    ("tencentcloud_tdmq_instance", "pulsar-@"),
    ("tencentcloud_tdmq_rabbitmq_vip_instance", "amqp-@"),
    ("tencentcloud_tdmq_rocketmq_cluster", "rocketmq-@"),
    ("tencentcloud_teo_zone", "zone-@"),
    ("tencentcloud_trocket_rocketmq_instance", "rmq-@"),
    ("tencentcloud_tse_instance", "ins-@"),
    ("tencentcloud_vpc", "vpc-@"),
    ("tencentcloud_vpn_gateway", "vpngw-@"),
];

/// The id of a new object with these attributes.
pub(crate) fn id(kind: &str, attributes: &Value, draw: &mut Draw) -> String {
    let form = match FORMS.binary_search_by_key(&kind, |(k, _)| k) {
        Ok(i) => FORMS[i].1.to_owned(),
        Err(_) => general_form(kind, attributes),
    };
    let filled = fill(&form, attributes, draw);
    if filled.is_empty() || filled.chars().all(|c| "#+:.".contains(c)) {
        fill("obj-@", attributes, draw)
    } else {
        filled
    }
}

/// A type without a form of its own: attachments are named by what they join, settings by what they belong to, and all
/// else by its name.
fn general_form(kind: &str, attributes: &Value) -> String {
    let stem = kind.split_once('_').map_or(kind, |(_, stem)| stem);
    let ids = || {
        attributes
            .as_entries()
            .into_iter()
            .flatten()
            .filter(|(n, v)| n.ends_with("_id") && v.as_str().is_some())
    };
    let joined = |n| {
        ids()
            .take(n)
            .map(|(n, _)| format!("{{{n}}}"))
            .collect::<Vec<_>>()
            .join("#")
    };
    let words: Vec<&str> = stem.split('_').collect();
    match words.last() {
        Some(&"attachment") if ids().count() > 1 => joined(3),
        Some(&("config" | "operation")) if ids().next().is_some() => joined(1),
        Some(&("instance" | "cluster" | "group" | "config")) if words.len() > 1 => {
            format!("{}-@", words[..words.len() - 1].concat())
        }
        Some(last) => format!("{last}-@"),
        None => "obj-@".to_owned(),
    }
}

fn fill(form: &str, attributes: &Value, draw: &mut Draw) -> String {
    let mut out = String::new();
    let mut rest = form;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
            out.push_str(&part(attributes, name));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("<number>") {
            out.push_str(&draw.number(1_000_000, 9_999_999).to_string());
            rest = after;
        } else if let Some(after) = rest.strip_prefix("<uuid>") {
            out.push_str(&draw.uuid());
            rest = after;
        } else {
            if c == '@' {
                out.push_str(&draw.token(8))
            } else {
                out.push(c)
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// An attribute's text; of a composite id the last part, of a list the first item.
fn part(attributes: &Value, name: &str) -> String {
    let Some(value) = attributes.get(name) else {
        return String::new();
    };
    let text = match value.kind() {
        Kind::String(s) => s.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::List(l) | Kind::Set(l) => l
            .items
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    };
    text.rsplit('#').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_in_order() {
        assert!(FORMS.is_sorted_by_key(|(k, _)| k));
    }

    #[test]
    fn ids_look_like_the_clouds() {
        let mut draw = Draw::new(7, 1);
        let none = Value::object::<&str>([]);
        let vpc = id("tencentcloud_vpc", &none, &mut draw);
        assert!(vpc.starts_with("vpc-") && vpc.len() == 12, "{vpc}");
        let rule = Value::object([
            ("clb_id", Value::string("lb-1")),
            ("listener_id", Value::string("lb-1#lbl-2")),
        ]);
        let rule = id("tencentcloud_clb_listener_rule", &rule, &mut draw);
        assert!(rule.starts_with("lb-1#lbl-2#loc-"), "{rule}");
        assert!(id("tencentcloud_apm_instance", &none, &mut draw).starts_with("apm-"));
        let joined = Value::object([("a_id", Value::string("a")), ("b_id", Value::string("b"))]);
        assert_eq!(id("tencentcloud_x_y_attachment", &joined, &mut draw), "a#b");
        assert!(
            id("tencentcloud_mysql_account", &none, &mut draw).starts_with("obj-"),
            "nothing to name it by"
        );
    }
}
