resource "tencentcloud_security_group" "web" {
  name = "web"
}

resource "tencentcloud_security_group_rule_set" "web" {
  security_group_id = tencentcloud_security_group.web.id

  ingress {
    action      = "ACCEPT"
    cidr_block  = "10.0.0.0/22"
    protocol    = "TCP"
    port        = "80-90"
    description = "web"
  }
  ingress {
    action      = "ACCEPT"
    cidr_block  = "10.0.2.1"
    protocol    = "UDP"
    port        = "8080"
    description = "metrics"
  }
  ingress {
    action      = "DROP"
    cidr_block  = "0.0.0.0/0"
    protocol    = "TCP"
    port        = "22"
    description = "no shells"
  }
}

resource "terraform_data" "sets" {
  input = toset([
    { name = "a", size = 1, kind = "x" },
    { name = "b", size = 2, kind = "x" },
    { name = "c", size = 3, kind = "y" },
  ])
}

output "names" {
  value = { a = ["one", "two"], b = "same" }
}
