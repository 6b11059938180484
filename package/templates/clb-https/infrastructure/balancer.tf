resource "tencentcloud_clb_instance" "entry" {
  clb_name                     = "${var.cloudapp_name}-entry"
  network_type                 = "OPEN"
  vpc_id                       = var.app_target.vpc.id
  security_groups              = [var.app_group.security_group.id]
  load_balancer_pass_to_target = true
  internet_charge_type         = "TRAFFIC_POSTPAID_BY_HOUR"
  internet_bandwidth_max_out   = 10
}

# The load balancer speaks HTTPS with the world, and HTTP with the server.
resource "tencentcloud_clb_listener" "https" {
  count = var.https ? 1 : 0

  clb_id               = tencentcloud_clb_instance.entry.id
  listener_name        = "https"
  port                 = 443
  protocol             = "HTTPS"
  certificate_id       = var.app_certificate.certId
  certificate_ssl_mode = "UNIDIRECTIONAL"
}

resource "tencentcloud_clb_listener_rule" "https" {
  count = var.https ? 1 : 0

  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.https[0].id
  domain      = var.app_domain.domain
  url         = "/"
}

resource "tencentcloud_clb_attachment" "https" {
  count = var.https ? 1 : 0

  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.https[0].id
  rule_id     = tencentcloud_clb_listener_rule.https[0].id

  targets {
    instance_id = tencentcloud_instance.app.id
    port        = 3000
    weight      = 100
  }
}

resource "tencentcloud_clb_listener" "plain" {
  count = var.https ? 0 : 1

  clb_id        = tencentcloud_clb_instance.entry.id
  listener_name = "http"
  port          = 80
  protocol      = "TCP"
}

resource "tencentcloud_clb_attachment" "plain" {
  count = var.https ? 0 : 1

  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.plain[0].id

  targets {
    instance_id = tencentcloud_instance.app.id
    port        = 3000
    weight      = 100
  }
}
