resource "tencentcloud_clb_instance" "entry" {
  clb_name                     = "${var.cloudapp_id}-entry"
  network_type                 = "OPEN"
  vpc_id                       = var.app_target.vpc.id
  security_groups              = [var.app_sg.security_group.id]
  load_balancer_pass_to_target = true
  internet_charge_type         = "TRAFFIC_POSTPAID_BY_HOUR"
  internet_bandwidth_max_out   = 10
}

resource "tencentcloud_clb_listener" "https" {
  clb_id               = tencentcloud_clb_instance.entry.id
  listener_name        = "https"
  port                 = 443
  protocol             = "HTTPS"
  certificate_id       = var.certificate.certId
  certificate_ssl_mode = "UNIDIRECTIONAL"
}

resource "tencentcloud_clb_listener_rule" "pages" {
  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.https.id
  domain      = var.shop_domain.domain
  url         = "/"
}

resource "tencentcloud_clb_listener_rule" "images" {
  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.https.id
  domain      = var.shop_domain.domain
  url         = "/images"
}

resource "tencentcloud_clb_attachment" "pages" {
  count = var.server_count

  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.https.id
  rule_id     = tencentcloud_clb_listener_rule.pages.id

  targets {
    instance_id = tencentcloud_instance.web[count.index].id
    port        = 8080
    weight      = 10
  }
}

resource "tencentcloud_clb_attachment" "images" {
  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.https.id
  rule_id     = tencentcloud_clb_listener_rule.images.id

  targets {
    instance_id = tencentcloud_instance.web[0].id
    port        = 8080
  }
}
