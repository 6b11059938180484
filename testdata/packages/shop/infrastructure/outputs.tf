output "main" {
  description = "Where the shop is"
  value       = "https://${var.shop_domain.domain}/"
}

output "address" {
  description = "What the domain must point to"
  value       = tencentcloud_clb_instance.entry.clb_vips[0]
}

output "servers" {
  description = "Inner addresses of the servers"
  value       = tencentcloud_instance.web[*].private_ip
}

output "login_password" {
  description = "For the servers' first login"
  value       = random_password.login.result
  sensitive   = true
}
