resource "tencentcloud_vpc" "main" {
  name       = "one"
  cidr_block = "10.0.0.0/16"
}

locals {
  name = tencentcloud_vpc.main.name
}

data "tencentcloud_vpc_instances" "named" {
  name = tencentcloud_vpc.main.name
}

data "tencentcloud_vpc_instances" "checked" {
  name = local.name
  lifecycle {
    postcondition {
      condition     = length(self.instance_list) == 1
      error_message = "There is none."
    }
  }
}

output "found" {
  value = [
    length(data.tencentcloud_vpc_instances.named.instance_list),
    length(data.tencentcloud_vpc_instances.checked.instance_list),
  ]
}
