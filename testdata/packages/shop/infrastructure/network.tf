# Only the load balancer and the subnet itself may reach the servers and the database.
resource "tencentcloud_security_group" "inside" {
  name        = "${var.cloudapp_id}-inside"
  description = "Servers and database of the shop"
}

resource "tencentcloud_security_group_rule_set" "inside" {
  security_group_id = tencentcloud_security_group.inside.id

  ingress {
    action             = "ACCEPT"
    protocol           = "TCP"
    port               = "8080"
    source_security_id = var.app_sg.security_group.id
    description        = "From the load balancer"
  }

  ingress {
    action      = "ACCEPT"
    protocol    = "TCP"
    port        = "3306"
    cidr_block  = "10.0.0.0/8"
    description = "From the servers and the cluster"
  }

  egress {
    action      = "ACCEPT"
    cidr_block  = "0.0.0.0/0"
    description = "To anywhere"
  }
}
